# syntax=docker/dockerfile:1
# The service as an image: one static-stdlib binary, non-root, beside a MongoDB replica set of your own
# (CUSTOMER360_MONGODB_URI). mongod is not part of the image.

FROM docker.io/library/swift:6.3-bookworm AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      libcurl4-openssl-dev libgmime-3.0-dev libmongoc-dev libpq-dev libssl-dev libyaml-dev pkg-config zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift openapi.yaml ./
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --product customer360 --static-swift-stdlib \
 && install -D --strip "$(swift build -c release --product customer360 --static-swift-stdlib --show-bin-path)/customer360" \
      /out/customer360

FROM docker.io/library/debian:bookworm-slim
LABEL org.opencontainers.image.title="customer360" \
      org.opencontainers.image.description="A single, correct, live view of every customer" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates libcurl4 libgmime-3.0-0 libmongoc-1.0-0 libpq5 libssl3 libyaml-0-2 tini zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o 10001 -g 10001 /var/lib/customer360
COPY --from=build /out/customer360 /usr/bin/customer360
USER 10001:10001
WORKDIR /var/lib/customer360
ENV CUSTOMER360_HOST=0.0.0.0 \
    CUSTOMER360_PORT=8360 \
    CUSTOMER360_DATA_DIR=/var/lib/customer360
EXPOSE 8360
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["customer360", "doctor", "--probe"]
ENTRYPOINT ["tini", "--", "customer360"]
CMD ["serve"]
