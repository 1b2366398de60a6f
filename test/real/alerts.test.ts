import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, writeFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:http';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, onTestFinished, test} from 'vitest';
import {metricNames} from '../../src/domain/probe/metrics.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {hurriedConfiguration} from '../support/alerting.ts';
import {openLogin} from '../support/cli.ts';
import {readDeployed} from '../support/deploy-files.ts';
import {
	type Alert,
	type RealPrometheus,
	type RealServer,
	startPrometheus,
	startPushgateway,
} from '../support/prometheus.ts';
import {describeReal, startDockerRegistry, temporaryFolder} from '../support/real.ts';

const run = promisify(execFile);

/** In Prometheus' text format. */
function textOf(samples: Record<string, number>, labels = ''): string {
	return Object.entries(samples)
		.map(([name, value]) => `# TYPE ${name.replace(/\{.*/, '')} gauge\n${name}${labels} ${value}\n`)
		.join('');
}

/** As a run that looked at everything says it. */
function wholeRun(more: Record<string, number> = {}): Record<string, number> {
	return {
		[metricNames.catalogAccessible]: 1,
		[metricNames.lastRun]: Date.now() / 1000,
		[metricNames.repositoriesChecked]: 12,
		[metricNames.unknown]: 0,
		[metricNames.failures]: 0,
		...more,
	};
}

const said = ({labels: {alertname, instance, reason}, state}: Alert) =>
	[alertname, instance, ...(reason === undefined ? [] : [reason]), state].join(' ');

const servers = ['prometheus', 'prometheus-pushgateway', 'promtool', 'docker-registry'];

describeReal('the rules, in Prometheus', servers, () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let pushgateway: RealServer;
	let prometheus: RealPrometheus;
	let node: Server;
	let textfile = '';

	beforeAll(async () => {
		temporary = await temporaryFolder();
		// In place of node_exporter: its own series, and what its textfile collector found.
		node = createServer((_, answer) => {
			answer.setHeader('content-type', 'text/plain; version=0.0.4');
			answer.end(`# TYPE node_load1 gauge\nnode_load1 0.5\n${textfile}`);
		}).listen(0, '127.0.0.1');
		await once(node, 'listening');
		pushgateway = await startPushgateway();
		const config = await hurriedConfiguration(path.join(temporary.folder, 'configuration'), {
			pushgateway: pushgateway.host,
			node: `127.0.0.1:${(node.address() as {port: number}).port}`,
		});
		prometheus = await startPrometheus({config, folder: temporary.folder});
	});

	afterAll(async () => {
		await Promise.all([prometheus?.stop(), pushgateway?.stop()]);
		node?.closeAllConnections();
		node?.close();
		await temporary?.[Symbol.asyncDispose]();
	});

	/** PUT replaces what this registry said before, POST only what is said anew. */
	async function push(instance: string, samples: Record<string, number>, method: 'PUT' | 'POST' = 'PUT') {
		const answer = await fetch(`${pushgateway.url}/metrics/job/regmedic/instance/${instance}`, {
			method,
			body: textOf(samples),
		});
		expect(answer.status, await answer.text()).toBe(200);
	}

	const firing = (...expected: string[]) =>
		prometheus.alerts(alerts => JSON.stringify(alerts.map(said).sort()) === JSON.stringify(expected.sort()));
	const annotationsOf = (alerts: Alert[], name: string) =>
		alerts.find(({labels: {alertname}}) => alertname === name)?.annotations;

	test('each alert fires for its own registry, says what to type, and clears when all is well again', async () => {
		const broken = `${metricNames.brokenImage}{repository="infra-ci",tag="latest",kind="child-missing"}`;
		const twoHoursAgo = Date.now() / 1000 - 7200;
		await push('broken.example:5050', wholeRun({[metricNames.failures]: 1, [broken]: 1}));
		await push('silent.example', wholeRun({[metricNames.lastRun]: twoHoursAgo}));
		await push('down.example', wholeRun({[metricNames.catalogAccessible]: 0}));
		await push('odd.example', wholeRun({[metricNames.unknown]: 2}));
		await push('well.example', wholeRun());
		textfile = textOf(wholeRun({[metricNames.repositoriesChecked]: 0}), '{instance="empty.example"}');

		const alerts = await firing(
			'RegistryManifestIntegrityFailure broken.example:5050 firing',
			'RegistryIntegrityProbeStale silent.example firing',
			'RegistryCatalogInaccessible down.example unreadable firing',
			'RegistryCatalogInaccessible empty.example empty firing',
			'RegistryIntegrityUnknown odd.example firing',
		);

		expect(annotationsOf(alerts, 'RegistryManifestIntegrityFailure')).toEqual({
			summary: 'broken.example:5050 serves 1 image that cannot be pulled',
			description: expect.stringContaining('\ninfra-ci:latest (child-missing)\n'),
			command: 'regmedic respond orphan-index --image broken.example:5050/infra-ci:latest',
			runbook_url: 'https://runbooks.acme.example/registry/orphan-index',
		});
		expect(annotationsOf(alerts, 'RegistryIntegrityProbeStale')!.summary).toMatch(
			/^The last run over silent\.example ended 2h 0m \d+s ago$/,
		);
		for (const {annotations} of alerts) {
			expect(annotations.command).toContain('regmedic respond orphan-index --image ');
			expect(annotations.runbook_url).toMatch(/^https:\/\//);
		}

		// A run that could not look: another alert, and the first one stays.
		const blind = {[metricNames.catalogAccessible]: 0, [metricNames.lastRun]: Date.now() / 1000};
		await push('broken.example:5050', blind, 'POST');
		await push('silent.example', wholeRun());
		await push('down.example', wholeRun());
		await push('odd.example', wholeRun());
		textfile = textOf(wholeRun(), '{instance="empty.example"}');
		await firing(
			'RegistryManifestIntegrityFailure broken.example:5050 firing',
			'RegistryCatalogInaccessible broken.example:5050 unreadable firing',
		);

		await push('broken.example:5050', wholeRun());
		await firing();
	});

	test('what `regmedic probe --push` sees becomes an alert, stands while it is blind, and clears when the image is whole', async () => {
		await using login = await openLogin();
		const root = path.join(temporary.folder, 'storage');
		await mkdir(root);
		const store = openStore(root);
		const image = buildImage({seed: 'alerts'});
		await store.push('infra-ci', 'latest', image);
		await store.push('infra-ci', 'spare', buildImage({seed: 'spare'}));
		const child = image.manifests[0]!.digest;
		await store.remove(store.revisionLink('infra-ci', child));
		const registry = await startDockerRegistry({root, folder: temporary.folder});
		onTestFinished(() => registry.stop());
		const {host} = registry;
		const probe = async () => (await login.run(['probe', host, '--push', pushgateway.url])).exitCode;

		expect(await probe()).toBe(3);
		const alerts = await firing(`RegistryManifestIntegrityFailure ${host} firing`);
		expect(annotationsOf(alerts, 'RegistryManifestIntegrityFailure')).toMatchObject({
			description: expect.stringContaining('\ninfra-ci:latest (child-missing)\n'),
			command: `regmedic respond orphan-index --image ${host}/infra-ci:latest`,
		});

		await registry.stop();
		expect(await probe()).toBe(6);
		await firing(
			`RegistryManifestIntegrityFailure ${host} firing`,
			`RegistryCatalogInaccessible ${host} unreadable firing`,
		);

		await store.writeLink(store.revisionLink('infra-ci', child), child);
		await registry.restart();
		expect(await probe()).toBe(0);
		await firing();
	});

	test('a registry in a textfile keeps its own name, and the node’s series keep the node’s', async () => {
		textfile = textOf(wholeRun(), '{instance="textfile.example"}');
		await prometheus.alerts(() => true);

		const names = async (metric: string) =>
			(await prometheus.query(`${metric}{job="node"}`)).map(({metric: {__name__, job, ...labels}}) => labels);
		await expect.poll(() => names(metricNames.failures)).toEqual([{instance: 'textfile.example'}]);
		expect(await names('node_load1')).toEqual([{instance: expect.stringMatching(/^127\.0\.0\.1:\d+$/)}]);
	});

	test('every question of the dashboard is one that Prometheus understands', async () => {
		const {panels} = JSON.parse(await readDeployed('grafana/registry-integrity.json'));
		const expressions: string[] = panels.flatMap(({targets}: {targets: {expr: string}[]}) =>
			targets.map(({expr}) => expr.replaceAll('$instance', '.*')),
		);
		const file = path.join(temporary.folder, 'dashboard.json');
		const rules = expressions.map((expr, index) => ({record: `panel:${index}`, expr}));
		await writeFile(file, JSON.stringify({groups: [{name: 'dashboard', rules}]}));

		await run('promtool', ['check', 'rules', file]);
	});
});
