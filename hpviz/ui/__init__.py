"""The pages. Only here and in app.py is streamlit imported."""
