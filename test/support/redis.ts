import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {locate} from './real.ts';

export type RealRedis = {
	/** @returns what redis-cli prints */
	run(...words: string[]): Promise<string>;
	/** Lets it save what it holds; `kill` does not. */
	stop(): Promise<void>;
	kill(): Promise<void>;
};

/** Runs a Redis on a loopback port, which keeps its data in this folder. */
export async function startRedis(port: number, folder: string): Promise<RealRedis> {
	const child = spawn(locate('redis-server')!, ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder], {
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	let log = '';
	child.stdout.setEncoding('utf8').on('data', text => {
		log += text;
	});
	while (!log.includes('Ready to accept connections')) {
		await once(child.stdout, 'data');
	}

	return {
		async run(...words) {
			const client = spawn(locate('redis-cli')!, ['-p', `${port}`, ...words], {stdio: ['ignore', 'pipe', 'ignore']});
			let said = '';
			for await (const chunk of client.stdout.setEncoding('utf8')) {
				said += chunk;
			}

			return said.trim();
		},
		stop: () => end('SIGTERM'),
		kill: () => end('SIGKILL'),
	};

	async function end(signal: NodeJS.Signals) {
		if (child.exitCode === null && child.signalCode === null) {
			child.kill(signal);
			await once(child, 'exit');
		}
	}
}
