import {inputParser} from '../../domain/incident/inputs.ts';
import {sayTime} from '../../domain/text/time.ts';
import {count} from '../../domain/text/wording.ts';
import type {ActionNamed} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/** Pipelines that failed this long before the incident was opened may have failed because of the same fault. */
const lookBackMs = 24 * 3_600_000;

/** Lists the pipelines that failed during the incident. */
export const ciFailed: ActionNamed<'ci.failed'> = {
	name: 'ci.failed',
	parse: inputParser('ci.failed'),
	effect: 'read',
	inputs: {
		since: {required: true, about: 'when the incident was opened, ISO 8601; pipelines of the day before it count too'},
	},
	outcomes: {
		some: 'some failed',
		none: 'none failed',
		unavailable: 'no CI is configured for this image',
		refused: 'CI refused the request',
		unreachable: 'CI does not respond',
	},
	provides: {pipelines: 'number, title, status and creation of each, newest first'},
	bare: ['refused', 'unreachable'],
	success: [],
	outcomeOf: refusedOrUnreachable,

	async run({since}, {ports, settings, signal}) {
		const {pipeline} = settings;
		if (!ports.ci || !pipeline) {
			return {outcome: 'unavailable', output: {pipelines: []}, say: 'No CI is configured for this image.'};
		}

		const from = new Date(since.getTime() - lookBackMs).toISOString();
		const failed = await ports.ci.failed(pipeline.repository, from, {signal});
		const pipelines = failed.map(({number, title, status, created, branch}) => ({
			number,
			title,
			status,
			created,
			branch,
		}));
		return {
			outcome: pipelines.length === 0 ? 'none' : 'some',
			output: {pipelines},
			say:
				pipelines.length === 0
					? 'No pipeline failed during the incident.'
					: `${count(pipelines.length, 'pipeline')} failed since ${sayTime(from)}.`,
		};
	},
};
