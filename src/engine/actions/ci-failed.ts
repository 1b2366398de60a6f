import {toJson} from '../../domain/json.ts';
import {sayTime} from '../../domain/text/time.ts';
import {count} from '../../domain/text/wording.ts';
import type {Action} from './action.ts';
import {ciOutcome} from './outcomes.ts';

/** Pipelines that failed this long before the incident was opened may have failed because of it. */
const lookBackMs = 24 * 3_600_000;

/** Lists the pipelines that failed meanwhile. */
export const ciFailed: Action = {
	name: 'ci.failed',
	effect: 'read',
	inputs: {since: {required: true, about: 'when the incident was opened, ISO 8601; a day before it is looked at too'}},
	outcomes: {
		some: 'some failed',
		none: 'none failed',
		unavailable: 'no CI is configured for this image',
		refused: 'CI refuses us',
		unreachable: 'CI does not answer',
	},
	provides: {pipelines: 'number, title, status and creation of each, newest first'},
	bare: ['refused', 'unreachable'],
	success: [],
	outcomeOf: ciOutcome,

	async run({since}, {ports, settings, signal}) {
		if (!ports.ci || typeof settings.repository !== 'string') {
			return {outcome: 'unavailable', output: {pipelines: []}, say: 'No CI is configured for this image.'};
		}

		const from = new Date(Date.parse(String(since)) - lookBackMs).toISOString();
		const failed = await ports.ci.failed(settings.repository, from, {signal});
		const pipelines = failed.map(({number, title, status, created, branch}) => ({
			number,
			title,
			status,
			created,
			branch,
		}));
		return {
			outcome: pipelines.length === 0 ? 'none' : 'some',
			output: {pipelines: toJson(pipelines)},
			say:
				pipelines.length === 0
					? 'No pipeline failed meanwhile.'
					: `${count(pipelines.length, 'pipeline')} failed since ${sayTime(from)}.`,
		};
	},
};
