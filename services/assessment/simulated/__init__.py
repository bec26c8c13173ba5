"""What would believable people do in these tasks?"""
