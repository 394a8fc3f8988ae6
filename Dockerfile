# The image of the service. Build: docker build -t user-service .
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY tools/sql-codegen/package.json tools/sql-codegen/
# The build is a step of its own: no source is here yet.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
COPY tools/sql-codegen/package.json tools/sql-codegen/
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY LICENSE ./
COPY bin bin
COPY --from=build /app/dist dist
RUN ln -s /app/bin/user-service.cjs /usr/local/bin/user-service && mkdir /data && chown node:node /data

# Everything that the embedded database, its keys and the mail folder write.
ENV DATABASE_PATH=/data/postgres MAIL_PATH=/data/mail SERVER_HOST=0.0.0.0
VOLUME /data
USER node
EXPOSE 8080
STOPSIGNAL SIGTERM
# With server.management_port the report is there: override this with its URL.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["user-service", "health"]
ENTRYPOINT ["user-service"]
CMD ["serve"]
