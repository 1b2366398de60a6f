import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import {parseReference} from '../../../src/domain/image/reference.ts';
import type {Depth} from '../../../src/domain/image/verdict.ts';
import {toJsonObject} from '../../../src/domain/json.ts';
import {actions} from '../../../src/engine/actions/index.ts';
import type {Registry} from '../../../src/engine/ports/registry.ts';
import {probe} from '../../../src/engine/probe/probe.ts';
import {walkImage} from '../../../src/engine/verify/walk-image.ts';
import {contextWith} from '../../support/fake-ports.ts';
import {type Hostility, hostileRegistry, hostilityOf, image, layer} from '../../support/hostile-registry.ts';
import {numbersFrom} from '../../support/random-store.ts';
import {isSweep} from '../../support/sweep.ts';
import {onceHostile} from './hostile-corpus.ts';
import {connect} from './server.ts';

/** Of one operation, with all of its attempts. */
const deadlineMs = 20_000;
const atATime = 8;
const timeouts = {connect: 500, headers: 700, stall: 500, whole: 1500};
const first = Number(process.env.REGMEDIC_FUZZ ?? 1);
const cases = process.env.REGMEDIC_FUZZ === undefined ? (isSweep ? 10_000 : 150) : 1;

type Did = {what: string; ended: string; wrong?: string};

/** One use of a hostile registry, chosen by the seed: how it ended, and what is wrong about it. */
async function attempt({kind, target, seed}: Hostility): Promise<Did> {
	const number = numbersFrom(seed + 1_000_000);
	await using server = await hostileRegistry({kind, target, seed});
	await using registry = connect(server, {timeouts});
	const signal = AbortSignal.timeout(deadlineMs);
	const reads = ['verify head', 'verify edge', 'verify content', 'probe', 'respond'];
	const writes = ['put', 'mount', 'upload'];
	const isWritten = ['upload', 'piece', 'commit', 'put'].includes(target);
	const of = isWritten ? writes : target === 'challenge' || target === 'token' ? [...reads, ...writes] : reads;
	const what = of[Math.floor(number() * of.length)]!;

	try {
		const ended = await operations[what]!(registry, server.host, signal);
		const isIntact = ended === 'intact' && (what === 'verify content' || what === 'respond');
		const isFalse = isIntact && !(await server.isServedWhole());
		// A token service and a catalogue are of all repositories.
		const isOfOne = !['catalogue', 'token', 'challenge'].includes(target);
		const hidesOther = what === 'probe' && isOfOne && !ended.includes('whole intact');
		return {
			what,
			ended,
			...(isFalse && {wrong: 'false intact'}),
			...(hidesOther && {wrong: 'the other repository was not probed'}),
		};
	} catch (error) {
		if (signal.aborted) {
			return {what, ended: 'late', wrong: 'its deadline passed'};
		}

		return error instanceof OperatorError
			? {what, ended: error.code}
			: {what, ended: 'bug', wrong: error instanceof Error ? (error.stack ?? error.message) : String(error)};
	}
}

const operations: Record<string, (registry: Registry, host: string, signal: AbortSignal) => Promise<string>> = {
	'verify head': (registry, host, signal) => verify(registry, host, 'head', signal),
	'verify edge': (registry, host, signal) => verify(registry, host, 'edge', signal),
	'verify content': (registry, host, signal) => verify(registry, host, 'content', signal),
	async probe(registry, _host, signal) {
		const seen: string[] = [];
		const clock = {now: () => new Date(), monotonic: () => performance.now(), sleep: async () => {}};
		const report = await probe(registry, {
			depth: 'edge',
			role: 'authoritative',
			clock,
			signal,
			onImage: ({reference, verdict}) => void seen.push(`${/app|whole/.exec(reference)} ${verdict}`),
		});
		return report.failure === undefined || report.catalog ? seen.sort().join(', ') : report.failure.code;
	},
	async respond(registry, host, signal) {
		const {parse, run} = actions.find(({name}) => name === 'registry.verify')!;
		const context = contextWith({registry}, {signal});
		const inputs = parse(toJsonObject({image: `${host}/acme/app:latest`, depth: 'content'}));
		return (await run(inputs, context)).outcome;
	},
	async put(registry, _host, signal) {
		const {bytes, mediaType} = image.index;
		return (await registry.putManifest('acme/app', 'latest', {bytes, mediaType}, {signal})).state;
	},
	async mount(registry, _host, signal) {
		return (await registry.mountBlob('acme/app', layer.digest, 'acme/whole', {signal})).state;
	},
	async upload(registry, _host, signal) {
		const bytes = (async function* () {
			yield layer.bytes;
		})();
		return (await registry.uploadBlob('acme/app', {digest: layer.digest, size: layer.bytes.length}, bytes, {signal}))
			.state;
	},
};

async function verify(registry: Registry, host: string, depth: Depth, signal: AbortSignal): Promise<string> {
	return (await walkImage(registry, parseReference(`${host}/acme/app:latest`), {depth, signal})).verdict;
}

/** Several at a time: most of them wait. */
async function attemptAll(hostilities: readonly Hostility[]) {
	const left = hostilities.values();
	const wrong: string[] = [];
	const ends: Record<string, number> = {};
	await Promise.all(
		Array.from({length: atATime}, async () => {
			for (const hostility of left) {
				const {what, ended, wrong: why} = await attempt(hostility);
				ends[ended] = (ends[ended] ?? 0) + 1;
				if (why !== undefined) {
					wrong.push(`${hostility.seed} "${hostility.kind}" of ${hostility.target}, ${what}: ${ended}: ${why}`);
				}
			}
		}),
	);
	return {wrong, ends};
}

test('whatever a registry sends, verify, probe, respond and every write end with an outcome, in time, and never with a false "intact"', {
	timeout: 3_600_000,
}, async () => {
	const {wrong, ends} = await attemptAll(Array.from({length: cases}, (_, at) => hostilityOf(first + at)));

	if (isSweep) {
		process.stdout.write(`${JSON.stringify(ends)}\n`);
	}

	expect(wrong).toEqual([]);
});

test('what once ended otherwise does not any more', {timeout: 120_000}, async () => {
	expect((await attemptAll(onceHostile)).wrong).toEqual([]);
});
