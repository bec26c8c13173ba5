"""What the application can do, by noun: typed in, typed out, no Streamlit, no SQL."""
