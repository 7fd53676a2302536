# Debian slim, not Alpine: the C library that the tests run on, and what the prebuilt argon2 of most
# platforms is made for.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc LICENSE ./
COPY src/verifier/package.json src/verifier/package.json
# No install scripts: argon2 comes with its prebuilt binaries. Nothing optional: that is the pinned Node, and this
# image has its own.
RUN npm ci --omit=dev --omit=optional --ignore-scripts
COPY bin bin
COPY src src
COPY views views
# Not demo/: without it there is no development mode, and a start without variables says which it needs.
# TypeScript is stripped and compiled once, here, so that a start has only to load it (bin/cardea.js). The
# cache is kept for each user; Cardea's reads it and cannot change it.
RUN install -d -o node -g node node_modules/.cache/cardea \
  && NODE_COMPILE_CACHE=node_modules/.cache/cardea setpriv --reuid=node --regid=node --clear-groups \
    node --input-type=module -e "await import('./src/app/server.ts')" \
  && chown -R root:root node_modules/.cache && chmod -R a+rX node_modules/.cache

FROM node:24-slim
ENV NODE_ENV=production CARDEA_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app /app
# For the embedded store; with MongoDB nothing is written, and the file system may be read-only.
RUN install -d -o node -g node -m 700 data
USER node
EXPOSE 3000
# Whether the process lives. Whether it is ready is for what sends requests to it: a node that has lost
# its store recovers by itself and must not be killed for it.
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s --retries=3 CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.CARDEA_MANAGEMENT_PORT ?? 9000}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/cardea.js"]
CMD ["serve"]
