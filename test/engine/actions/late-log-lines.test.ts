import fc from 'fast-check';
import {expect, test} from 'vitest';
import {createLog} from '../../../src/adapters/woodpecker/logs.ts';
import type {Server} from '../../../src/adapters/woodpecker/server.ts';
import {OperatorError} from '../../../src/domain/errors.ts';
import type {PipelineStep} from '../../../src/domain/pipeline/pipeline.ts';
import {followPipeline} from '../../../src/engine/actions/follow-pipeline.ts';
import {contextWith, fakeCi, pipeline} from '../../support/fake-ports.ts';
import {tries} from '../../support/sweep.ts';

/** An agent sends its log for so long after the end. @see test/recorded/woodpecker, 087 and 089 */
const agentLagMs = 3_000;

/** A step: how long it lasts, and how late each of its lines arrives after it was printed. */
const step = fc.record({
	lastsMs: fc.integer({min: 0, max: 20_000}),
	lines: fc.array(
		fc.record({at: fc.double({min: 0, max: 1, noNaN: true}), lateMs: fc.integer({min: 0, max: agentLagMs})}),
		{
			maxLength: 12,
		},
	),
	/** A restart of the server makes a whole log come later still. */
	heldMs: fc.oneof({weight: 4, arbitrary: fc.constant(0)}, fc.integer({min: 0, max: 3_000})),
});

/** Which of the requests for a log fail, over and over. */
const failures = fc.array(fc.boolean(), {maxLength: 7}).filter(all => !all.every(Boolean) || all.length === 0);

test('no line that the server ever gave is missing in the evidence, and none that comes within seconds of the end', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(step, {minLength: 1, maxLength: 4}), failures, async (planned, fails) => {
			const {evidence, given, due} = await followed(planned, fails);

			expect(evidence.toSorted()).toEqual([...new Set([...given, ...due])].toSorted());
		}),
		{numRuns: tries(60)},
	);
});

async function followed(
	planned: {lastsMs: number; lines: {at: number; lateMs: number}[]; heldMs: number}[],
	fails: boolean[],
) {
	const context = contextWith({}, {timeoutMs: 3_600_000});
	const {clock} = context.ports;
	const begun = clock.monotonic();
	let starts = begun;
	const steps = planned.map(({lastsMs, lines, heldMs}, id) => {
		const from = starts;
		starts += lastsMs;
		return {
			id,
			from,
			ends: starts,
			lines: lines
				.map(({at, lateMs}) => ({at: from + at * lastsMs, lateMs}))
				.sort((a, b) => a.at - b.at)
				.map(({at, lateMs}, line) => ({line, arrives: at + lateMs + heldMs})),
		};
	});
	const over = starts;
	const given = new Set<string>();
	let requests = 0;

	function current() {
		const now = clock.monotonic();
		const shown = steps.map(
			({id, from, ends}): PipelineStep => ({
				id,
				name: `s${id}`,
				isService: false,
				state: now < from ? 'waiting' : now < ends ? 'running' : 'succeeded',
			}),
		);
		return now < over ? pipeline({state: 'running', status: 'running', steps: shown}) : pipeline({steps: shown});
	}

	const server = {
		http: {host: 'ci.example'},
		id: async () => 1,
		async read(path: string) {
			if (fails[requests++ % fails.length]) {
				throw new OperatorError('ci.server-error', 'The CI responds 500.', {hint: 'Look.', exit: 'failed'});
			}

			const own = steps[Number(path.split('/').at(-1))]!;
			const lines = own.lines.filter(({arrives}) => arrives <= clock.monotonic());
			for (const {line} of lines) {
				given.add(`s${own.id} | ${line}`);
			}

			const json = lines.map(({line}) => ({line, data: Buffer.from(String(line)).toString('base64'), type: 0}));
			return {status: 200, text: '', filtered: false, dateMs: 0, json: json.length === 0 ? null : json};
		},
	} as unknown as Server;

	const ci = {...fakeCi(), log: () => createLog(server, 'acme/infra', 4_000), pipeline: async () => current()};
	await followPipeline({ci, repository: 'acme/infra', number: 41}, context);
	const due = steps.flatMap(({id, lines}) =>
		lines.filter(({arrives}) => arrives <= over + agentLagMs).map(({line}) => `s${id} | ${line}`),
	);
	return {evidence: context.logged.filter(text => !text.includes('cannot be read')), given, due};
}
