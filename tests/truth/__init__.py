"""Claims about the whole analysis, on a machine whose causes are known."""
