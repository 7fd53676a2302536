import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { load, placesOf, problemsOf, production, secret, temporaryFiles } from './support.ts';

describe('Configuration of development mode', () => {
  test('Development mode starts without configuration, on loopback only, with the demonstration', async () => {
    const config = await load({});
    assert.equal(config.developmentMode, true);
    assert.equal(config.issuer, 'http://localhost:3000');
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.workers, availableParallelism());
    assert.deepEqual(
      config.declaration.clients.map((client) => client.client_id),
      ['shop', 'billing-job', 'tv', 'orders-api'],
    );
  });

  test('The issuer of development mode follows the port', async () => {
    assert.equal((await load({ CARDEA_PORT: '4000' })).issuer, 'http://localhost:4000');
  });

  test('Development mode has its own database, so demonstration users never reach production', async () => {
    const { store } = await load({});
    assert.equal(store, 'sqlite:data/development.db');
    assert.notEqual(store, (await load(production)).store);
    assert.equal((await load({ CARDEA_STORE: 'sqlite:my.db' })).store, 'sqlite:my.db');
  });

  test('Development mode takes a declarative file in place of the demonstration', async (context) => {
    const { write } = await temporaryFiles(context);
    const config = await load({ CARDEA_CONFIG: await write('empty.yaml', '') });
    assert.deepEqual(config.declaration.clients, []);
  });

  test('Development mode refuses open hosts, a secret, a shared store and proxies', async () => {
    const env = {
      CARDEA_HOST: '0.0.0.0',
      CARDEA_SECRET: secret,
      CARDEA_STORE: 'mongodb://db/cardea',
      CARDEA_TRUSTED_PROXIES: '10.0.0.0/8',
    };
    assert.deepEqual(await placesOf(env), Object.keys(env).sort());
  });

  test('Development mode accepts any spelling of loopback', async () => {
    for (const host of ['localhost', '127.0.0.9', '::1', '::ffff:127.0.0.1']) {
      assert.equal((await load({ CARDEA_HOST: host })).host, host);
    }
  });

  test('A development secret that cannot be created is reported as a mistake', async () => {
    const developmentSecret = () => Promise.reject(new Error('EROFS'));
    const [problem] = await problemsOf({}, { developmentSecret });
    assert.match(problem?.problem ?? '', /cannot be made/);
  });
});

describe('Configuration with an issuer', () => {
  test('A missing secret stops the start, as nothing is invented in production', async () => {
    assert.deepEqual(await placesOf({ CARDEA_ISSUER: 'https://id.example' }), ['CARDEA_SECRET']);
  });

  test('The defaults match the documentation', async () => {
    const config = await load(production);
    const { developmentMode, issuer, host, port, managementPort, store, trustedProxies } = config;
    assert.equal(developmentMode, false);
    assert.equal(issuer, 'https://id.example');
    assert.deepEqual([host, port, managementPort], ['127.0.0.1', 3000, 9000]);
    assert.equal(store, 'sqlite:data/cardea.db');
    assert.deepEqual(trustedProxies, []);
    assert.equal(config.logLevel, 'info');
    assert.deepEqual(config.secrets, [Buffer.from(secret, 'base64url')]);
    assert.deepEqual(config.declaration.clients, []);
  });

  test('The issuer is kept exactly as given: with a path, with a port, or as http on loopback', async () => {
    for (const issuer of [
      'https://id.example/tenants/a',
      'https://id.example:8443',
      'http://localhost:3000',
      'http://127.0.0.1:3000',
      'http://[::1]:3000/a',
    ]) {
      assert.equal((await load({ ...production, CARDEA_ISSUER: issuer })).issuer, issuer);
    }
  });

  test('An issuer that verifiers could compare differently is refused', async () => {
    for (const issuer of [
      'https://id.example/',
      'https://id.example/a/',
      'https://ID.example',
      'https://id.example:443',
      'https://id.example/a/../b',
      'https://id.example/ä',
      ' https://id.example',
      'https:id.example',
      'https://id.example?a=1',
      'https://id.example/?',
      'https://id.example/#',
      'https://user:pass@id.example',
      'http://id.example',
      'http://127.0.0.1.id.example',
      'ftp://id.example',
      'id.example',
    ]) {
      const places = await placesOf({ ...production, CARDEA_ISSUER: issuer });
      assert.deepEqual(places, ['CARDEA_ISSUER'], issuer);
    }
  });

  test('A list of secrets keeps its order', async () => {
    const second = Buffer.from(secret, 'base64url').reverse().toString('base64url');
    const config = await load({ ...production, CARDEA_SECRET: `${second}, ${secret}` });
    assert.deepEqual(
      config.secrets.map((bytes) => bytes.toString('base64url')),
      [second, secret],
    );
  });

  test('A short, placeholder or malformed secret is refused anywhere in the list', async () => {
    for (const bad of [secret.slice(0, 42), 'A'.repeat(43), 'not base64url!', `${secret}+/`, '']) {
      for (const value of [bad, `${secret},${bad}`, `${bad},${secret}`]) {
        const places = await placesOf({ ...production, CARDEA_SECRET: value });
        assert.deepEqual(places, ['CARDEA_SECRET'], value);
      }
    }
  });
});

describe('Validation of variables', () => {
  test('The ports, the number of workers and the log level are range-checked', async () => {
    for (const port of ['0', '65536', '-1', '3000x', '3e3', ' 3000', '0x10']) {
      assert.deepEqual(await placesOf({ CARDEA_PORT: port }), ['CARDEA_PORT'], port);
    }
    for (const workers of ['0', '257', 'many', '1.5']) {
      assert.deepEqual(await placesOf({ CARDEA_WORKERS: workers }), ['CARDEA_WORKERS'], workers);
    }
    assert.deepEqual(await placesOf({ CARDEA_LOG_LEVEL: 'verbose' }), ['CARDEA_LOG_LEVEL']);
  });

  test('The management port must differ from the public port', async () => {
    assert.deepEqual(await placesOf({ CARDEA_PORT: '9000' }), ['CARDEA_MANAGEMENT_PORT']);
  });

  test('A port variable set by Kubernetes is explained in the error', async () => {
    const [problem] = await problemsOf({ CARDEA_PORT: 'tcp://10.96.0.1:3000' });
    assert.match(problem?.remedy ?? '', /enableServiceLinks/);
  });

  test('A store is an SQLite file or a MongoDB database', async () => {
    for (const store of [
      'sqlite:data/cardea.db',
      'sqlite:/var/lib/cardea.db',
      'mongodb://localhost/cardea',
      'mongodb://user:p%40ss@a:27017,b:27018/cardea?replicaSet=rs0',
      'mongodb+srv://user:pass@cluster.example/cardea?retryWrites=true',
    ]) {
      assert.equal((await load({ ...production, CARDEA_STORE: store })).store, store);
    }
    for (const store of [
      'sqlite:',
      'sqlite:data/',
      'sqlite::memory:',
      'data/cardea.db',
      'postgres://localhost/cardea',
      'mongodb://localhost',
      'mongodb://localhost/',
      'mongodb://localhost/?a=b',
      'mongodb:///cardea',
      'mongodb://a b/cardea',
      'mongodb://localhost/a.b',
    ]) {
      const places = await placesOf({ ...production, CARDEA_STORE: store });
      assert.deepEqual(places, ['CARDEA_STORE'], store);
    }
  });

  test('A host is an address or a name', async () => {
    for (const host of ['0.0.0.0', '::', 'cardea.internal', '10.1.2.3']) {
      assert.equal((await load({ ...production, CARDEA_HOST: host })).host, host);
    }
    for (const host of ['http://a', '10.0.0.0/8', '256.1.1.1', 'a b', 'a..b', '-a', '127.1']) {
      const places = await placesOf({ ...production, CARDEA_HOST: host });
      assert.deepEqual(places, ['CARDEA_HOST'], host);
    }
  });

  test('A trusted proxy is a network', async () => {
    const value = '10.0.0.0/8, fd00::/8,127.0.0.1';
    const { trustedProxies } = await load({ ...production, CARDEA_TRUSTED_PROXIES: value });
    assert.deepEqual(trustedProxies, ['10.0.0.0/8', 'fd00::/8', '127.0.0.1']);
    const bare = ['10', '0x7f.1', '012.1.2.3'];
    const bads = ['10.0.0.0/33', 'proxy', '10.0.0.0/8,,127.0.0.1'];
    // What has fewer parts, or octal ones, is another network than it looks like.
    for (const bad of [...bads, ...bare, ...bare.map((text) => `${text}/8`)]) {
      const places = await placesOf({ ...production, CARDEA_TRUSTED_PROXIES: bad });
      assert.deepEqual(places, ['CARDEA_TRUSTED_PROXIES'], bad);
    }
  });

  test('An empty variable is a mistake and does not fall back to development mode', async () => {
    assert.deepEqual(await placesOf({ ...production, CARDEA_ISSUER: '' }), ['CARDEA_ISSUER']);
  });

  test('A misspelt variable is reported', async () => {
    const [problem] = await problemsOf({ ...production, CARDEA_TRUSTED_PROXY: '10.0.0.0/8' });
    assert.equal(problem?.where, 'CARDEA_TRUSTED_PROXY');
    assert.match(problem.remedy, /CARDEA_TRUSTED_PROXIES/);
  });

  test('Variables of other programs are ignored', async () => {
    await load({ ...production, CARDEA_SERVICE_HOST: '10.0.0.1', PATH: '/bin', HOST: 'x' });
  });
});

describe('Variables from files (NAME_FILE)', () => {
  test('A NAME_FILE variable reads the value from a file without its trailing line break', async (context) => {
    const { write } = await temporaryFiles(context);
    const config = await load({
      CARDEA_ISSUER_FILE: await write('issuer', 'https://id.example\n'),
      CARDEA_SECRET_FILE: await write('secret', `${secret}\r\n`),
      CARDEA_PORT_FILE: await write('port', '4000'),
    });
    assert.deepEqual([config.issuer, config.port], ['https://id.example', 4000]);
    assert.deepEqual(config.secrets, [Buffer.from(secret, 'base64url')]);
  });

  test('A NAME_FILE variable beside the variable itself is a mistake', async (context) => {
    const { write } = await temporaryFiles(context);
    const env = { ...production, CARDEA_SECRET_FILE: await write('secret', secret) };
    assert.deepEqual(await placesOf(env), ['CARDEA_SECRET']);
  });

  test('Missing, empty, binary, endless and unreadable files have different errors, and none repeats the path', async (context) => {
    const { folder, write } = await temporaryFiles(context);
    const files = {
      'does not exist': join(folder, 'missing'),
      'is empty': await write('empty', '\n'),
      'is not UTF-8 text': await write('binary', Buffer.from([0xff, 0xfe, 0x00])),
      'has more than 64 KiB': '/dev/zero',
      'is a folder': folder,
    };
    for (const [failure, path] of Object.entries(files)) {
      const problems = await problemsOf({
        ...production,
        CARDEA_SECRET: undefined,
        CARDEA_SECRET_FILE: path,
      });
      assert.equal(problems.length, 1);
      assert.equal(problems[0]?.where, 'CARDEA_SECRET_FILE');
      assert.match(problems[0].problem, new RegExp(failure));
      assert.ok(!JSON.stringify(problems).includes(path));
    }
  });
});

describe('Configuration of traces', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };

  test('Without an endpoint, or turned off, there are no traces', async () => {
    const off = [
      {},
      { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
      { OTEL_SERVICE_NAME: 'sign-in' },
      { ...endpoint, OTEL_SDK_DISABLED: 'TRUE' },
      { ...endpoint, OTEL_TRACES_EXPORTER: 'none' },
    ];
    for (const env of off) assert.equal((await load(env)).tracing, undefined);
  });

  test('The variables of OpenTelemetry mean what its specification says', async () => {
    assert.deepEqual((await load(endpoint)).tracing, {
      ...{ url: 'http://localhost:4318/v1/traces', protocol: 'http/protobuf', headers: {} },
      ...{ resource: { 'service.name': 'cardea' }, sampler: 'parentbased_always_on', ratio: 1 },
    });
    const { tracing } = await load({
      ...endpoint,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector.example/custom',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1, b=x%3Dy ,',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a=2',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=from-attributes,k=v',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '.25',
    });
    assert.deepEqual(tracing, {
      ...{ url: 'https://collector.example/custom', protocol: 'http/json' },
      ...{ headers: { a: '2', b: 'x=y' }, resource: { 'service.name': 'from-attributes', k: 'v' } },
      ...{ sampler: 'traceidratio', ratio: 0.25 },
    });
  });

  test('A wrong variable of OpenTelemetry is reported with the others', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4317',
      OTEL_EXPORTER_OTLP_HEADERS: 'a',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_TRACES_SAMPLER_ARG: '2',
    };
    assert.deepEqual(await placesOf(env), Object.keys(env).sort());
  });
});
