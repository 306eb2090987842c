mast objective --list
