import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import {formatReference, parseReference} from '../../domain/image/reference.ts';
import {askAboutOpen, askForImage} from '../../incidents/ask.ts';
import {leadIncident} from '../../incidents/lead.ts';
import {openIncidentOf} from '../../incidents/open-one.ts';
import type {Invocation} from '../../invocation.ts';
import {resume} from '../resume/resume.ts';
import type {PlanFileOptions} from './write-plan.ts';

type RespondOptions = {
	image?: string;
	alert?: string;
	another?: boolean;
	dryRun?: boolean;
	auto?: boolean;
	plainHttp?: boolean;
	fillCache?: boolean;
} & Partial<PlanFileOptions>;

/** `regmedic respond [RUNBOOK] --image REF`: leads through a real incident. */
export async function respond(
	runbook = 'orphan-index',
	given: RespondOptions,
	invocation: Invocation,
): Promise<number> {
	const options = given.alert === undefined ? given : await withAlert(given.alert, given, invocation);
	const {image, plan, another = false, dryRun = false, auto, plainHttp, fillCache} = options;
	if (plan !== undefined) {
		return (await import('./write-plan.ts')).writePlan({...options, plan}, invocation);
	}

	const alone = (['registry', 'remedy', 'valid'] as const).find(name => options[name] !== undefined);
	if (alone !== undefined) {
		throw new OperatorError('usage.invalid', `--${alone} goes with --plan FILE.`, {
			hint: 'Add --plan FILE, or leave it out.',
			exit: 'usage',
		});
	}

	const reference = image === undefined ? await askForImage(invocation) : parseReference(image);
	const open = another || dryRun ? undefined : await openIncidentOf(reference, invocation);
	if (open && (await askAboutOpen(open, invocation)) === 'resume') {
		return resume(open.name, {takeOver: open.holder !== undefined, auto: auto === true, speed: 1}, invocation);
	}

	return leadIncident({
		invocation,
		autopilot: false,
		intro: {
			title: `Responding to ${formatReference(reference)}`,
			story: dryRun ? 'This is a dry run: changes are printed, and not made.' : '',
			drill: false,
		},
		begin: async () =>
			(await import('../../incidents/start.ts')).startIncident(invocation, {
				runbook,
				reference,
				dryRun,
				another: another || open !== undefined,
				pace: auto || !invocation.terminal.interactive ? 'auto' : 'person',
				...defined({plainHttp, fillCache}),
			}),
	});
}

/** @throws OperatorError alert.* | respond.no-image | usage.invalid */
async function withAlert(alert: string, options: RespondOptions, invocation: Invocation): Promise<RespondOptions> {
	const other = (['image', 'registry'] as const).find(name => options[name] !== undefined);
	if (other !== undefined) {
		throw new OperatorError('usage.invalid', `--alert and --${other} name the same thing.`, {
			hint: 'Leave one of them out.',
			exit: 'usage',
		});
	}

	const {image, registry} = await (await import('./from-alert.ts')).fromAlert(alert, invocation);
	if (image === undefined && options.plan === undefined) {
		throw new OperatorError('respond.no-image', `The alert names the registry ${registry}, and no image.`, {
			hint: `Find one: regmedic probe ${registry}. Or plan for all damage: regmedic respond --registry ${registry} --plan FILE.`,
			exit: 'usage',
		});
	}

	return {...options, ...defined({image, registry})};
}
