# Build: docker build -t user-service .
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/client/package.json packages/client/
COPY tools/sql-codegen/package.json tools/sql-codegen/
# Without install scripts: they would build, and the sources are not copied yet.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/client/package.json packages/client/
COPY tools/sql-codegen/package.json tools/sql-codegen/
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY LICENSE ./
COPY bin bin
# The guides that /docs links to.
COPY docs docs
COPY --from=build /app/dist dist
RUN ln -s /app/bin/user-service.cjs /usr/local/bin/user-service && mkdir /data && chown node:node /data

# /data has everything that the service writes: the embedded database, its keys and the mail folder.
ENV DATABASE_PATH=/data/postgres MAIL_PATH=/data/mail SERVER_HOST=0.0.0.0
VOLUME /data
USER node
EXPOSE 8080
STOPSIGNAL SIGTERM
# Reads the configuration of the service: another port, host or server.management_port needs no change here.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["user-service", "health"]
ENTRYPOINT ["user-service"]
CMD ["serve"]
