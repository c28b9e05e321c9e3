# The nginx of lessons 11 to 13 on a cluster, where no image of it is named: Debian's.
ARG BASE_IMAGE=node:26-bookworm-slim
FROM ${BASE_IMAGE}
USER root
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx-light && rm -rf /var/lib/apt/lists/*
