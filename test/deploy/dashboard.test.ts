import {expect, test} from 'vitest';
import {metricNames} from '../../src/domain/probe/metrics.ts';
import {readDeployed, readRules} from '../support/deploy-files.ts';

type Panel = {
	id: number;
	title: string;
	description: string;
	datasource: {uid: string};
	gridPos: {x: number; y: number; w: number; h: number};
	targets: {expr: string; datasource: {uid: string}}[];
};

const dashboard = JSON.parse(await readDeployed('grafana/registry-integrity.json'));
const panels: Panel[] = dashboard.panels;
const expressions = panels.flatMap(({targets}) => targets.map(({expr}) => expr));
const metricsIn = (texts: string[]) =>
	new Set(texts.flatMap(text => text.match(/registry_manifest_integrity_[a-z_]+/g) ?? []));

test('the dashboard shows every metric, and no other', () => {
	expect([...metricsIn(expressions)].sort()).toEqual(Object.values(metricNames).sort());
});

test('the rules use metrics that exist', async () => {
	const rules = await readRules();
	const asked = metricsIn(rules.flatMap(({expr, annotations}) => [expr, ...Object.values(annotations)]));

	expect([...asked].filter(name => !(Object.values(metricNames) as string[]).includes(name))).toEqual([]);
	expect(asked.size).toBeGreaterThan(4);
});

test('every panel queries the chosen data source for the chosen registries, and describes what it shows', () => {
	expect(dashboard.templating.list.map(({name}: {name: string}) => name)).toEqual(['datasource', 'instance']);
	for (const {title, description, datasource, targets} of panels) {
		expect(description, title).not.toBe('');
		for (const {uid} of [datasource, ...targets.map(target => target.datasource)]) {
			expect(uid, title).toBe(`\${datasource}`);
		}
	}

	expect(expressions.filter(expr => !expr.includes('{instance=~"$instance"}'))).toEqual([]);
});

test('panels have ids of their own and do not overlap', () => {
	const cells = panels.flatMap(({gridPos: {x, y, w, h}}) =>
		Array.from({length: w * h}, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
	);

	expect(new Set(panels.map(({id}) => id)).size).toBe(panels.length);
	expect(new Set(cells).size).toBe(cells.length);
	expect(panels.every(({gridPos: {x, w}}) => x + w <= 24)).toBe(true);
});
