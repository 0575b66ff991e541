self.atriaHuman = {"dice": 0.927, "jaccard": 0.864, "hd_mm": 14.1, "hd95_mm": 4.71, "assd_mm": 1.13, "difference_ml": 9.3, "difference_percent": 7.47, "slice_dice": 0.849};
