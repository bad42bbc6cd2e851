# hpviz in a container: its pages on port 8501, for this machine only, its runs in the volume /cache.
#
#   docker build -t hpviz .
#   docker run --rm -p 127.0.0.1:8501:8501 -v hpviz:/cache hpviz
#
# `docker run … hpviz hpviz run --lr 3e-4` is the command line. Photos: -v ~/photos:/photos:ro; GPUs: --gpus all.

FROM python:3.11-slim AS build
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
# The address that PyTorch's installation page gives for "CPU" spares a machine without a GPU the libraries for one.
ARG TORCH_INDEX_URL=
COPY --from=build /wheels /wheels
RUN if [ -n "$TORCH_INDEX_URL" ]; then pip install --no-cache-dir --index-url "$TORCH_INDEX_URL" torch torchvision; fi \
 && pip install --no-cache-dir /wheels/*.whl
RUN useradd --uid 1000 --create-home hpviz && install -d -o hpviz -g hpviz -m 700 /cache
USER hpviz
WORKDIR /home/hpviz

# Within the container every address, or nothing of it could be reached from outside; which addresses of the machine
# lead here is what -p says. Other names for this machine than localhost: -e STREAMLIT_SERVER_ALLOWED_HOSTS="NAME NAME".
# Without a name of its own, a server on every address asks the internet for one to print.
ENV HPVIZ_CACHE=/cache \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 STREAMLIT_SERVER_PORT=8501 STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost
VOLUME /cache
EXPOSE 8501
HEALTHCHECK --start-period=60s --interval=30s --timeout=10s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=5)"]
CMD ["hpviz"]
