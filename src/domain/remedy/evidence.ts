import {defined} from '../defined.ts';
import type {Digest} from '../image/digest.ts';
import type {Fault} from '../image/fault.ts';
import type {ImageCheck} from '../image/verdict.ts';
import {type Incident, isFinished, stillRunning, type Visit} from '../incident/incident.ts';
import type {ScanOutput} from '../incident/outputs.ts';
import type {Settings} from '../incident/settings.ts';
import {findStep, isStop, type Step} from '../runbook/runbook.ts';
import type {Finding} from '../storage/findings/finding.ts';
import type {HeldInMemory} from '../storage/held-in-memory.ts';
import type {CopyBackOutlook} from './copy-back.ts';
import {partsGone} from './redis-keys.ts';
import {canRelink, relinkSteps} from './relink-steps.ts';
import {isRemedyOption, type RemedyOptionKey} from './remedy.ts';

/** What the remedies are weighed by. */
export type Evidence = {
	settings: Settings;
	/** Of the image that was reported. */
	tag?: string;
	/** The faults of the latest check that found any. */
	faults: readonly Fault[];
	/** Why the registry cannot read its storage, in its own words: nothing is known to be damaged. */
	storageTrouble?: string;
	/** Whether the sources hold what is missing. Absent: they were not asked. */
	copyBack?: CopyBackOutlook;
	/** Undefined: the disk was not scanned. */
	scan?: Pick<ScanOutput, 'findings' | 'complete' | 'another' | 'memory' | 'cache' | 'suspicion' | 'held'> &
		Partial<Pick<ScanOutput, 'siblings'>>;
	/** Where there is no disk: the images that the tag can be pointed to. */
	served?: ScanOutput['siblings'];
	/** The host's key, or the login of regmedic, was refused: nothing is done there before that is settled. */
	hostRefused: boolean;
	/** Options that were chosen and did their work. */
	tried: readonly string[];
	/** Options whose latest attempt did not do its work, with the reason. They are not tried: the image is as it was. */
	attempts?: ReadonlyMap<string, string>;
	/** The option whose build was started and may still run. */
	underWay?: RemedyOptionKey;
};

/** The evidence at the moment when a person chooses a remedy in this step. */
export function evidenceIn(incident: Incident, step: Step): Evidence {
	const finished = incident.visits.filter(isFinished);
	const scan = finished.findLast(({shows}) => shows === 'cause');
	const checks = finished.flatMap(({shows, output}) =>
		shows === 'verdict' && output.kind === 'check' ? [output.check] : [],
	);
	return {
		settings: incident.settings,
		// The runbook may check twice; the remedy is chosen from what the latest check found.
		faults: checks.findLast(({faults}) => faults.length > 0)?.faults ?? [],
		hostRefused: scan?.outcome === 'refused',
		...attemptsIn(incident, step),
		...defined({
			scan: scan?.output.kind === 'scan' ? scan.output : undefined,
			copyBack: scan?.output.kind === 'scan' ? scan.output.copyBack : undefined,
			underWay: underWayIn(incident, step),
			tag: incident.image.tag,
			storageTrouble: storageTroubleIn(incident, checks.at(-1)),
		}),
	};
}

/** What the latest check, or the problem that led here, says of the storage of the registry. */
function storageTroubleIn({problem}: Incident, check: ImageCheck | undefined): string | undefined {
	const reasons = [...(problem === undefined ? [] : [problem]), ...(check?.unchecked ?? [])];
	return reasons.find(({code}) => code === 'registry.storage')?.message;
}

/** Outcomes of a change that never reached the system it was for, or that another undid. */
const withoutEffect = new Set(['refused', 'unreachable', 'unavailable', 'busy', 'no-program', 'no-space', 'disturbed']);

/**
 * The options that were chosen, by whether they did their work: a remedy that was declined at its gate is still untried, and
 * so is one that was refused, or a restart that did not end with a registry that responds. A build that finished and changed
 * nothing is untried again once the registry that may have dropped its push was restarted.
 */
function attemptsIn({visits}: Incident, {id}: Step): Pick<Evidence, 'tried'> & Required<Pick<Evidence, 'attempts'>> {
	const attempts = new Map<string, string>();
	const tried = visits.flatMap(({step, outcome: key}, at) => {
		const next = visits[at + 1];
		if (step !== id || key === undefined || next === undefined) {
			return [];
		}

		if (didItsWork(key, next)) {
			attempts.delete(key);
			return [{key, isChecked: visits[at + 2]?.shows === 'verdict'}];
		}

		const isAttempt = next.tries > 0 && (next.ended === 'ran' || next.ended === 'surprise');
		if (isAttempt) {
			attempts.set(key, next.say);
		}

		return [];
	});
	const restart = tried.findLastIndex(({key, isChecked}) => key === 'restart' && isChecked);
	return {
		tried: tried
			.filter(({key, isChecked}, at) => at > restart || !isChecked || !key.startsWith('rebuild-'))
			.map(({key}) => key),
		attempts,
	};
}

function didItsWork(key: string, {ended, outcome, success, problem}: Visit): boolean {
	if (outcome === undefined || ended === 'skipped' || problem?.code === 'build.tag-changed') {
		return false;
	}

	// What a build or a relink was told ("failed", "rejected") is an answer; a restart either happened or did not.
	return key === 'restart' && ended === 'ran' ? success.includes(outcome) : !withoutEffect.has(outcome);
}

/** The option whose build was started and may still run, unless a person has repaired the image by hand since. */
function underWayIn({visits, runbook}: Incident, {outcomes}: Step): RemedyOptionKey | undefined {
	return Object.keys(outcomes)
		.filter(isRemedyOption)
		.find(key => {
			const route = outcomes[key]!;
			const last = isStop(route) ? -1 : visits.findLastIndex(({step}) => step === route.to);
			const dealtWith = visits
				.slice(last + 1)
				.some(({step, outcome}) => outcome === 'done' && findStep(runbook, step)?.does.kind === 'by-hand');
			return visits[last]?.ended === 'ran' && visits[last].outcome === stillRunning && !dealtWith;
		});
}

/** What the evidence says for and against the remedies. */
export type Facts = ReturnType<typeof factsIn>;

export function factsIn({faults, scan, settings, tried, attempts, storageTrouble}: Evidence) {
	const findings = scan?.findings ?? [];
	const relinkable = findings.filter(canRelink);
	// What could not be read may be what is missing: only a complete scan shows that the disk is fine.
	// A scan does not hash: it says nothing about data of the right size.
	const unexplained = faults.filter(({kind}) => kind !== 'blob-corrupt' && kind !== 'part-unserved');
	const isWhole = scan?.complete === true && findings.length === 0;
	const diskIsFine = isWhole && unexplained.length > 0;
	const notServed = faults.find(({kind}) => kind === 'part-unserved');
	const {memory, cache, suspicion, held = []} = scan ?? {};
	const remembers = staleAnswers(faults, findings) || memory?.kind === 'proven';
	const hasForgotten = memory?.kind === 'not-seen' && memory.asked === memory.of;
	const differs = remembers || findings.some(({kind}) => kind === 'answers-differ');
	const isSuspected = suspicion?.kind === 'older-process' || suspicion?.kind === 'links-since';
	const isOwn = ({repository, digest}: HeldInMemory) =>
		findings.some(finding => finding.repository === repository && reaches(finding, digest));
	return {
		/** What is still served only because the registry remembers it: a restart makes it unpullable. */
		heldOwn: held.filter(isOwn),
		heldOthers: held.filter(part => !isOwn(part)),
		/** An answer for what the disk lacks proves it. */
		remembers,
		diskIsFine,
		/** Why nothing is to be repaired but the storage: the registry cannot read what is there. */
		storageFails:
			storageTrouble ??
			(isWhole && unexplained.length === 0 && notServed !== undefined
				? `The disk holds every part, and the registry cannot read one (${notServed.detail}).`
				: undefined),
		/** Data of the right size and the wrong bytes, which a push of the same blob does not replace. */
		corrupt: faults.some(({kind}) => kind === 'blob-corrupt'),
		/** The disk was read, and not completely: what was not found may be there, and what was found may not be all. */
		isPartial: scan?.complete === false,
		isOfDigest: findings.some(({asked}) => asked === true),
		suspicion,
		isClean: scan?.complete === true && findings.length === 0,
		// A registry that ran while the data was lost may still have it in memory.
		collected:
			remembers ||
			(suspicion !== undefined && suspicion.kind !== 'restore') ||
			(!hasForgotten && findings.some(({kind}) => kind === 'child-swept')),
		cache,
		/** What Redis still holds has to be deleted there: it outlives a restart. */
		staleKeys: cache === 'redis' && differs ? partsGone(findings) : undefined,
		/** Paths on the host that have to be moved aside before a push can store what is missing. */
		aside: asideIn(findings),
		/** Those that keep a relink from a part that is whole. */
		relinkBlockedBy: asideIn(findings.filter(({remedy, plan}) => remedy === 'relink' && plan?.complete)),
		/** What a relink would do; empty: nothing that is missing can be linked again. */
		relinks: relinkSteps(relinkable),
		caveats: [...new Set(relinkable.flatMap(({plan}) => plan?.caveats ?? []))],
		ciRunsInImage: settings.runsInItself,
		ciFailed: tried.includes('rebuild-ci') || attempts?.has('rebuild-ci') === true,
		needsRestart: cache !== 'redis' && (differs || isSuspected || (diskIsFine && cache !== 'none')),
		/** A push before the restart would be lost. */
		isStale: cache !== 'redis' && (differs || isSuspected),
		/** The image is whole, and the tag named another one later: a build would be neither. */
		isSetBack: findings.length > 0 && findings.every(({kind}) => kind === 'tag-set-back'),
		/** All of it are tags that name nothing or an older image, and one image is what each named last. */
		historySuffices: findings.length > 0 && findings.every(hasNewest),
		relinkSuffices: relinkable.length > 0 && relinkable.length === findings.length,
	};
}

function reaches({digest, plan}: Finding, part: Digest): boolean {
	return digest === part || plan?.parts.some(each => each.digest === part) === true;
}

function asideIn(findings: readonly Finding[]): string[] {
	return [...new Set(findings.flatMap(({aside = []}) => aside.map(({path}) => path)))];
}

/** Equal times, as a restore leaves them, do not tell which image was the last. */
function hasNewest({remedy, history = []}: Finding): boolean {
	const [newest, second] = history;
	const isNewest = second === undefined || (newest?.named ?? '') > (second.named ?? '');
	return remedy === 're-point' && newest !== undefined && isNewest;
}

/**
 * Over HTTP the registry has the blob and delivers none of it; the disk does not have it: the answer came from the
 * descriptor cache.
 */
function staleAnswers(faults: readonly Fault[], findings: readonly Finding[]): boolean {
	const claimed = faults
		.filter(({kind}) => kind === 'part-unserved' || kind === 'blob-empty' || kind === 'blob-truncated')
		.map(({digest}) => digest);
	const gone = findings.flatMap(({kind, digest, missing}) =>
		kind === 'config-missing' || kind === 'layer-missing' ? [digest, ...missing] : missing,
	);
	return claimed.some(digest => digest !== undefined && gone.includes(digest));
}
