"""Letters that rest on what the recipient's company has bought, one by one and in campaigns."""
