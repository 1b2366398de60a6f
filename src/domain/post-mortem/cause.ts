import type {Hazard} from '../audit/hazard.ts';
import type {DamagedImage} from '../damage/damaged-image.ts';
import {type FaultKind, faultMeanings} from '../image/fault.ts';
import {type Incident, isFinished} from '../incident/incident.ts';
import type {Output} from '../incident/outputs.ts';
import type {Finding} from '../storage/findings/finding.ts';
import {count} from '../text/wording.ts';

/** What the scan of the disk found; nothing is inferred beyond that. */
export function causeOf(incident: Incident): string[] {
	const scope = incident.visits.flatMap(({output}) => (output?.kind === 'scope' ? [output] : []))[0];
	if (scope !== undefined) {
		return [
			...(scope.trouble === undefined ? [] : [scope.trouble]),
			...kindsOfDamage(scope.images),
			...(scope.complete ? [] : ['Not everything could be read: this may not be all.']),
			...scheduledIn(incident),
		];
	}

	const scans = incident.visits.filter(isFinished).filter(({shows}) => shows === 'cause');
	const scan = scans.find(({output}) => findingsIn(output).length > 0) ?? scans[0];
	if (!scan) {
		return ['The storage was not scanned: the cause is not known.'];
	}

	const findings = findingsIn(scan.output);
	if (scan.output.kind !== 'scan') {
		return [`The storage was not scanned: the cause is not known. ${scan.say || scan.outcome}`];
	}

	const {complete, another} = scan.output;
	if (another !== undefined) {
		return [`The cause is not known. ${scan.say}`];
	}

	if (findings.length === 0) {
		return [
			complete
				? `The storage was scanned and does not show a cause: ${scan.say || scan.outcome}`
				: `The storage was read only in part, and what was read does not show a cause: ${scan.say || scan.outcome}`,
		];
	}

	const kinds = Map.groupBy(findings, ({kind}) => kind);
	return [
		...[...kinds].map(([kind, found]) => sayKind(kind, found)),
		...(complete ? [] : ['The storage was read only in part: this may not be all.']),
		...scheduledIn(incident),
	];
}

function scheduledIn(incident: Incident): string[] {
	return risksIn(incident).map(risk => {
		const scheduled = risk.severity === 'will-break' ? 'Scheduled' : 'Also scheduled';
		return `${scheduled} on the registry's host: “${risk.line}” (${placeOf(risk)}). ${risk.why}`;
	});
}

/** Of many images: each kind of damage once, with how many images it is of and by when the first of them was damaged. */
function kindsOfDamage(images: readonly DamagedImage[]): string[] {
	const kinds = [...new Set(images.flatMap(({findings}) => findings))];
	return kinds.map(kind => {
		const of = images.filter(({findings}) => findings.includes(kind));
		const since = of.flatMap(image => image.since ?? []).sort()[0];
		const by = since === undefined ? '' : `, by ${since} at the latest (the disk's clock)`;
		return `${kind}: ${faultMeanings[kind]} (${count(of.length, 'image')})${by}.`;
	});
}

function findingsIn(output: Output): Finding[] {
	return output.kind === 'scan' ? output.findings : [];
}

function sayKind(kind: FaultKind, findings: Finding[]): string {
	const since = findings.flatMap(finding => finding.since ?? []).sort()[0];
	const parts = findings.map(({platform, digest}) => [platform, digest].filter(Boolean).join(' ')).join(', ');
	return `${kind}: ${faultMeanings[kind]} (${parts})${since === undefined ? '' : `, by ${since} at the latest (the disk's clock)`}.`;
}

/** What the latest audit found; what breaks images for certain comes first. */
export function risksIn({visits}: Incident): Hazard[] {
	const risks = visits.flatMap(({output}) => (output?.kind === 'audit' ? [output.risks] : [])).at(-1) ?? [];
	const sure = risks.filter(({severity}) => severity === 'will-break');
	return [...sure, ...risks.filter(risk => !sure.includes(risk))];
}

export function placeOf({file, at}: Hazard): string {
	return at === undefined ? file : `${file}:${at}`;
}
