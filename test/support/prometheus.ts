import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {freePort, locate} from './real.ts';

export type RealServer = {url: string; host: string; stop(): Promise<void>};

export type Alert = {
	labels: Record<string, string>;
	annotations: Record<string, string>;
	state: 'pending' | 'firing';
};

export type RealPrometheus = RealServer & {
	/** Reads the state of its rules until `enough` accepts it. */
	alerts(enough: (alerts: Alert[]) => boolean): Promise<Alert[]>;
	query(expression: string): Promise<{metric: Record<string, string>; value: [number, string]}[]>;
};

const patienceMs = 12_000;

/** Debian's prometheus-pushgateway on a loopback port. */
export async function startPushgateway(): Promise<RealServer> {
	const host = `127.0.0.1:${await freePort()}`;
	// By default Debian's keeps its metrics in /var/lib/prometheus and serves them again after a restart.
	const args = [`--web.listen-address=${host}`, '--persistence.file=', '--log.level=error'];
	return serve('prometheus-pushgateway', args, host);
}

/** Debian's prometheus on a loopback port, with its data below `folder`. */
export async function startPrometheus({config, folder}: {config: string; folder: string}): Promise<RealPrometheus> {
	const host = `127.0.0.1:${await freePort()}`;
	const storage = path.join(folder, 'tsdb');
	await mkdir(storage);
	const server = await serve(
		'prometheus',
		[`--config.file=${config}`, `--storage.tsdb.path=${storage}`, `--web.listen-address=${host}`, '--log.level=error'],
		host,
	);
	const ask = async (where: string) => {
		const answer = await fetch(`${server.url}/api/v1/${where}`);
		return ((await answer.json()) as {data: unknown}).data;
	};

	return {
		...server,
		async alerts(enough) {
			const deadline = Date.now() + patienceMs;
			for (;;) {
				const {alerts} = (await ask('alerts')) as {alerts: Alert[]};
				if (enough(alerts)) {
					return alerts;
				}

				if (Date.now() > deadline) {
					throw new Error(`Prometheus still says: ${JSON.stringify(alerts, undefined, '\t')}`);
				}

				await pause(50);
			}
		},
		query: async expression => {
			const {result} = (await ask(`query?query=${encodeURIComponent(expression)}`)) as {result: []};
			return result;
		},
	};
}

async function serve(program: string, args: string[], host: string): Promise<RealServer> {
	const url = `http://${host}`;
	const child = spawn(locate(program)!, args, {stdio: ['ignore', 'ignore', 'pipe']});
	let said = '';
	child.stderr.setEncoding('utf8').on('data', text => {
		said += text;
	});
	const server = {url, host, stop: () => stop(child)};
	const deadline = Date.now() + patienceMs;
	while (Date.now() < deadline && child.exitCode === null) {
		const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
		await ready?.arrayBuffer();
		if (ready?.ok) {
			return server;
		}

		await pause(25);
	}

	await server.stop();
	throw new Error(`${program} did not get ready on ${host}:\n${said}`);
}

async function stop(child: ChildProcess): Promise<void> {
	if (child.exitCode === null && child.signalCode === null) {
		child.kill('SIGTERM');
		await once(child, 'exit');
	}
}
