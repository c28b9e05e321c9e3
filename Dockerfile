# One of the services, or the relay, as an image: Node, one file, and nothing else (no npm, no shell).
#   docker build --build-arg SERVICE=service-a -t service-a .
# Both stages come from BASE_IMAGE, a Debian or Alpine with Node 22.18 or newer.
ARG BASE_IMAGE=node:26-bookworm-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# the image's own Node builds; the one that npm would bring along needs its install script
RUN npm ci --ignore-scripts --no-audit --no-fund && rm -f node_modules/.bin/node
COPY build build
COPY carry carry
COPY services services
COPY runtime runtime
COPY relay relay
ARG SERVICE
RUN case "${SERVICE}" in service-a|service-b|relay) ;; *) echo "give --build-arg SERVICE=service-a, service-b or relay" >&2; exit 1 ;; esac
RUN node build/bundle.ts "${SERVICE}" dist \
  && mkdir -m 777 /app && mv "dist/${SERVICE}.mjs" /app/main.mjs
# as the user that will run it: Node keeps a cache for each
USER 65532:65532
RUN node build/compile-cache.ts /app/main.mjs /app/cache
USER root
# node and the libraries that it is linked against: all that the run stage has of the base image
RUN mkdir -p /rootfs/usr/local/bin /rootfs/etc /rootfs/app \
  && cp "$(readlink -f "$(command -v node)")" /rootfs/usr/local/bin/node \
  && for library in $(ldd /rootfs/usr/local/bin/node | grep -o '/[^ ]*'); do \
       mkdir -p "/rootfs$(dirname "${library}")" && cp -L "${library}" "/rootfs${library}"; \
     done \
  && cp -a /app/cache /app/main.mjs /rootfs/app \
  && printf 'hosts: files dns\n' > /rootfs/etc/nsswitch.conf \
  && /usr/sbin/chroot /rootfs /usr/local/bin/node --version

FROM scratch
ARG SERVICE
ARG REVISION=""
LABEL org.opencontainers.image.title="${SERVICE}" \
      org.opencontainers.image.description="${SERVICE} of the traffic coloring pair" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /rootfs /
ENV PATH=/usr/local/bin NODE_ENV=production NODE_COMPILE_CACHE=/app/cache
# service-a, service-b
EXPOSE 31000 32000
USER 65532:65532
STOPSIGNAL SIGTERM
CMD ["node", "/app/main.mjs"]
