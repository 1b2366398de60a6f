import {readFileSync} from 'node:fs';
import {setTimeout as pause} from 'node:timers/promises';
import {type WorldFile, type WorldPaths, worldPaths} from '../world/world-file.ts';

/** What a pretend program knows about the world it runs in. */
export type ProgramContext = {
	world: WorldFile;
	paths: WorldPaths;
	registryHost: string;
	environment: NodeJS.ProcessEnv;
	out(line: string): void;
	err(line: string): void;
	/** Waits as long as real work would take, at the drill's speed. */
	work(milliseconds: number): Promise<void>;
	input(): Promise<string>;
	/** Retries after a lost connection: the drill's servers may be killed and come back on the same ports. */
	withRetries<Result>(attempt: () => Promise<Result>): Promise<Result>;
};

const retryForMs = 30_000;

/** Ends the program: the message goes to stderr. */
export class ProgramFailure extends Error {
	readonly exitCode: number;

	constructor(exitCode: number, message: string) {
		super(message);
		this.exitCode = exitCode;
	}
}

export function contextOf(folder: string): ProgramContext {
	const paths = worldPaths(folder);
	const world = JSON.parse(readFileSync(paths.world, 'utf8')) as WorldFile;

	return {
		world,
		paths,
		registryHost: `127.0.0.1:${world.ports.registry}`,
		environment: process.env,
		out: line => process.stdout.write(`${line}\n`),
		err: line => process.stderr.write(`${line}\n`),
		work: milliseconds => pause(milliseconds / world.speed),
		async input() {
			let text = '';
			for await (const chunk of process.stdin.setEncoding('utf8')) {
				text += chunk;
			}

			return text;
		},
		async withRetries(attempt) {
			const giveUpAt = Date.now() + retryForMs;

			for (;;) {
				try {
					return await attempt();
				} catch (error) {
					// Node's fetch reports every broken connection as a TypeError.
					if (!(error instanceof TypeError) || Date.now() > giveUpAt) {
						throw error;
					}

					await pause(200);
				}
			}
		},
	};
}
