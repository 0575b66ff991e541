"""What a chapter works with: its settings and scans, small trainings, and masks damaged on purpose."""
