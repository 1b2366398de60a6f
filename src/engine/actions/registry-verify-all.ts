import {inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import {judgeRepair} from '../../domain/plan/judge-repair.ts';
import {titleOf} from '../../domain/plan/row-title.ts';
import type {ActionNamed} from './action.ts';
import {checkPlanned} from './check-planned.ts';
import {lookAtAll, takeLook} from './look-at-all.ts';
import {lookAtLeft} from './look-at-left.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/**
 * Checks what a plan repaired: all of its images at edge, then every byte of each, and of what was rebuilt every layer unpacked, beside
 * what it was before; then the disk and every tag of the registry once more, and the tags of what was left and is not damaged any more. It only reads, over new connections. What
 * `registry.verify-planned` has checked or begun in this session, since the last repair, is not read again.
 */
export const registryVerifyAll: ActionNamed<'registry.verify-all'> = {
	name: 'registry.verify-all',
	parse: inputParser('registry.verify-all'),
	effect: 'read',
	inputs: {image: {required: true, about: 'the image that the incident began with'}},
	outcomes: {
		intact: 'every damaged image is intact, and no other damage is known',
		left: 'what was planned is intact; others were left, and are still damaged',
		broken: 'an image of the plan is still damaged, or another one is',
		unknown: 'not everything could be checked',
		refused: 'the registry or the host refused the request',
		unreachable: 'the registry or the host does not respond',
	},
	provides: {
		verdict: 'intact, broken or unknown, of all of them',
		images: 'one row for each image that was damaged',
		fresh: 'damaged images that no plan knew',
		gaps: 'what could not be read',
		followUps: 'one line for each image that is not what it was',
	},
	bare: ['refused', 'unreachable'],
	success: [],
	shows: 'verdict',
	proves: ['intact', 'left'],
	outcomeOf: refusedOrUnreachable,

	async run({image}, context) {
		const {log} = context;
		const begun = takeLook(context);
		begun?.follow(context);
		const checked = begun?.checked ?? (await checkPlanned(context));
		const isPlanned = checked.some(each => each.image.item !== undefined);
		const now = await (begun?.found ?? lookAtAll(context, isPlanned ? undefined : image));
		const judged = judgeRepair(await lookAtLeft(checked, now, context), now, titleOf);
		for (const {title, say} of [...judged.fresh, ...judged.images]) {
			log(`${title}: ${say}`);
		}

		const {outcome, say, ...output} = judged;
		return {outcome, output: output satisfies OutputValues<'registry.verify-all'>, say};
	},
};
