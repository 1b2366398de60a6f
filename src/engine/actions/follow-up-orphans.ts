import type {Finding} from '../../domain/finding.ts';
import {isObject, toJson} from '../../domain/json.ts';
import {count} from '../../domain/wording.ts';
import type {Action} from '../action.ts';

/** Turns what the scan found on other images into follow-ups. Nothing is deleted: each is a decision of its own. */
export const followUpOrphans: Action = {
	name: 'follow-up.orphans',
	effect: 'read',
	inputs: {findings: {required: true, about: 'the findings on other images; null where nothing was scanned'}},
	outcomes: {
		some: 'other images are damaged too',
		none: 'no other image is damaged',
		unknown: 'nobody has looked: the storage was not scanned',
	},
	provides: {followUps: 'one line for each image'},
	success: [],

	async run({findings}, {settings}) {
		if (!Array.isArray(findings)) {
			return {
				outcome: 'unknown',
				output: {followUps: ['Scan the storage: nobody knows which other images are damaged.']},
				say: 'The storage was not scanned.',
			};
		}

		const list = findings.filter(isObject) as unknown as Finding[];
		const images = new Map<string, Set<string>>();
		for (const {repository, tags, kind} of list) {
			for (const tag of tags.length > 0 ? tags : ['(untagged)']) {
				const name = `${settings.host}/${repository}:${tag}`;
				images.set(name, (images.get(name) ?? new Set()).add(kind));
			}
		}

		const followUps = [...images].map(
			([name, kinds]) => `${name}: ${[...kinds].join(', ')}. Respond to it, or remove it on purpose.`,
		);
		return {
			outcome: list.length === 0 ? 'none' : 'some',
			output: {followUps: toJson(followUps)},
			say:
				list.length === 0
					? 'No other image is damaged.'
					: `${count(images.size, 'other image is', 'other images are')} damaged and will fail to pull.`,
		};
	},
};
