somebody else
