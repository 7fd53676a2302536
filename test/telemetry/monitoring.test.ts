/** The alert rules and the dashboard of deploy/monitoring, against what a server really measures. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { createNodeMetrics } from '../../src/telemetry/node_metrics.ts';
import { sqliteServer } from '../support/flows.ts';

const folder = fileURLToPath(new URL('../../deploy/monitoring/', import.meta.url));
const read = (name: string) => readFileSync(`${folder}${name}`, 'utf8');

type Rule = {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; action: string };
};
const rules = (parse(read('cardea.rules.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);

type Panel = { title: string; type: string; targets?: { expr: string }[] };
const { panels } = JSON.parse(read('grafana_dashboard.json')) as { panels: Panel[] };
const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

const namesIn = (expression: string) => expression.match(/\b(cardea|nodejs|process)_\w+/g) ?? [];
const promtool = (...args: string[]) =>
  spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' });

describe('Monitoring', () => {
  sqliteServer({ declaration: {} }, (server) => {
    test('Every metric that alerts and dashboard name is one that /metrics serves', async () => {
      const node = createNodeMetrics();
      await fetch(`${server().url}/`);
      node.update(1, JSON.parse(JSON.stringify(await server().measured())));
      const { body } = await node.exposition();
      const types = new Map(
        [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [
          name,
          type,
        ]),
      );
      const isServed = (name: string) =>
        types.has(name) || types.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram';
      const named = [...rules.map(({ expr }) => expr), ...queries].flatMap(namesIn);
      assert.ok(new Set(named).size > 10);
      for (const name of named) assert.ok(isServed(name), `${name} is served`);
      // And none that Cardea has is forgotten.
      for (const name of types.keys()) {
        if (!name.startsWith('cardea_')) continue;
        assert.ok(
          named.some((used) => used.startsWith(name)),
          `${name} is shown`,
        );
      }
    });
  });

  test('Each alert has an expression that names a metric, a severity, and says what to do', () => {
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
    for (const { alert, expr, labels, annotations } of rules) {
      assert.match(alert, /^Cardea[A-Z]\w+$/);
      assert.ok(namesIn(expr).length > 0 || /^up\{/.test(expr), alert);
      assert.match(labels.severity, /^(critical|warning)$/);
      assert.ok(annotations.summary.length > 15 && annotations.action.length > 30, alert);
    }
  });

  test('Each panel of the dashboard has a query, and no query is written twice', () => {
    for (const { title, type, targets = [] } of panels) {
      assert.ok(type === 'row' || targets.length > 0, title);
    }
    assert.equal(new Set(queries).size, queries.length);
  });

  test('The rules pass promtool and its tests, where the machine has it', (t) => {
    // The example's own rules are checked along with it.
    const check = promtool('check', 'config', 'prometheus.yml');
    if (check.error) return t.diagnostic('no promtool on this machine: the rules were not run');
    assert.equal(check.status, 0, check.stderr);
    const tested = promtool('test', 'rules', 'cardea.rules.test.yml');
    assert.equal(tested.status, 0, `${tested.stdout}${tested.stderr}`);
  });
});
