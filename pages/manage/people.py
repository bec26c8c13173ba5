"""people"""
import streamlit as st

st.title("people")
