import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference, parseReference} from '../../domain/image/reference.ts';
import {askAboutOpen, askForImage} from '../../incidents/ask.ts';
import {leadIncident} from '../../incidents/lead.ts';
import {openIncidentOf} from '../../incidents/open-one.ts';
import type {Invocation} from '../../invocation.ts';
import type {ApplyOptions} from './apply-plan.ts';
import type {MostNeeded} from './damage-of-registry.ts';
import type {PlanFileOptions} from './write-plan.ts';

type RespondOptions = {
	image?: string;
	alert?: string;
	another?: boolean;
	dryRun?: boolean;
	auto?: boolean;
	plainHttp?: boolean;
	fillCache?: boolean;
} & Partial<PlanFileOptions & ApplyOptions>;

/** `regmedic respond [RUNBOOK] --image REF`: leads through a real incident. */
export async function respond(
	runbook = 'registry-damage',
	given: RespondOptions,
	invocation: Invocation,
): Promise<number> {
	const options = given.alert === undefined ? given : await withAlert(given.alert, given, invocation);
	const {plan, apply} = options;
	if (plan !== undefined) {
		return (await import('./write-plan.ts')).writePlan({...options, plan}, invocation);
	}

	if (apply !== undefined) {
		return (await import('./apply-plan.ts')).applyPlan({...options, apply}, invocation);
	}

	const orphan = (['approve', 'destructive'] as const).find(name => options[name] !== undefined);
	if (orphan !== undefined) {
		throw new OperatorError('usage.invalid', `--${orphan} goes with --apply FILE.`, {
			hint: 'Add --apply FILE, or leave it out.',
			exit: 'usage',
		});
	}

	const alone = (['remedy', 'valid'] as const).find(name => options[name] !== undefined);
	if (alone !== undefined) {
		throw new OperatorError('usage.invalid', `--${alone} goes with --plan FILE.`, {
			hint: 'Add --plan FILE, or leave it out.',
			exit: 'usage',
		});
	}

	const start = await startOf(options, invocation);
	if (typeof start === 'number') {
		return start;
	}

	try {
		return await lead(runbook, {...options, ...start}, invocation);
	} finally {
		await start.before?.opened.close();
	}
}

/** `before`: what was found to know which image that is. */
type Start = {reference: ImageReference; before?: Pick<MostNeeded, 'found' | 'opened'>};

async function lead(
	runbook: string,
	{reference, before, another = false, dryRun = false, auto, plainHttp, fillCache}: RespondOptions & Start,
	invocation: Invocation,
): Promise<number> {
	const open = another || dryRun ? undefined : await openIncidentOf(reference, invocation);
	if (open && (await askAboutOpen(open, invocation)) === 'resume') {
		await before?.opened.close();
		const {resume} = await import('../resume/resume.ts');
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
				...defined({plainHttp, fillCache, before}),
			}),
	});
}

/** @returns the image that the incident begins with; or the exit code, where a whole registry has no damage */
async function startOf(options: RespondOptions, invocation: Invocation): Promise<Start | number> {
	const {image, registry, plainHttp, fillCache} = options;
	if (image === undefined && registry !== undefined) {
		const {mostNeeded} = await import('./damage-of-registry.ts');
		const needed = await mostNeeded(registry, defined({plainHttp, fillCache}), invocation);
		return typeof needed === 'number' ? needed : {reference: needed.reference, before: needed};
	}

	return {reference: image === undefined ? await askForImage(invocation) : parseReference(image)};
}

/** @throws OperatorError alert.* | usage.invalid */
async function withAlert(alert: string, options: RespondOptions, invocation: Invocation): Promise<RespondOptions> {
	const other = (['image', 'registry'] as const).find(name => options[name] !== undefined);
	if (other !== undefined) {
		throw new OperatorError('usage.invalid', `--alert and --${other} name the same thing.`, {
			hint: 'Leave one of them out.',
			exit: 'usage',
		});
	}

	const {image, registry} = await (await import('./from-alert.ts')).fromAlert(alert, invocation);
	return {...options, ...defined({image, registry})};
}
