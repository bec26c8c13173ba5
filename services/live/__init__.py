"""What does the Live page show of a workspace, for one choice of range, comparison, metric and filters?"""
