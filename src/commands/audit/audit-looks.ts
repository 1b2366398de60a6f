import {type Audit, judgeAnswers, judgeUpkeep, type Unseen} from '../../domain/audit/audit.ts';
import type {Upkeep} from '../../domain/audit/host/upkeep.ts';
import {probeRisks} from '../../domain/audit/probe.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Surroundings} from '../../wiring/open-ports.ts';
import {askRegistry} from './ask-registry.ts';
import type {AuditPlace} from './audit-place.ts';
import {readMetrics} from './read-metrics.ts';

export type ProbeMetrics = {pushgateway?: string; metricsFile?: string};

type Look = Partial<Pick<Audit, 'risks' | 'unseen'>>;

/** How the host runs the registry and cleans it up. */
export async function lookAtHost({storage}: AuditPlace, signal: AbortSignal): Promise<{upkeep?: Upkeep; found: Audit}> {
	if (storage === undefined) {
		const why = 'the configuration does not say where its storage is: add storage: {ssh: HOST, root: DIR}';
		return {found: {risks: [], versions: [], unseen: [{what: 'the registry’s host', why}]}};
	}

	const upkeep = await orUnseen('the registry’s host', () => storage.upkeep({signal}));
	return 'unseen' in upkeep ? {found: {risks: [], versions: [], ...upkeep}} : {upkeep, found: judgeUpkeep(upkeep)};
}

/** What the registry answers, where it is named. */
export async function lookAtAnswers(
	{name}: AuditPlace,
	upkeep: Upkeep | undefined,
	surroundings: Surroundings,
	signal: AbortSignal,
): Promise<Look> {
	if (name === undefined) {
		return {unseen: [{what: 'the registry’s answers', why: 'only a folder is named: name a configured registry'}]};
	}

	const asked = await orUnseen('the registry’s answers', () => askRegistry(name, surroundings, {signal}));
	return 'answers' in asked ? {risks: judgeAnswers(asked.answers, upkeep), unseen: asked.unseen} : asked;
}

/** Whether somebody looks for broken images. */
export async function lookAtProbe(
	{name, registry}: AuditPlace,
	{pushgateway, metricsFile}: ProbeMetrics,
	signal: AbortSignal,
): Promise<Look> {
	const where = pushgateway ?? metricsFile;
	if (where === undefined || name === undefined || registry === undefined) {
		const why =
			name === undefined ? 'no registry is named' : 'neither --pushgateway nor --metrics-file says where they are';
		return {unseen: [{what: 'the probe’s metrics', why, ...(where === undefined ? {optional: true} : {})}]};
	}

	const text = await orUnseen('the probe’s metrics', async () => ({text: await readMetrics(where, signal)}));
	const instances = [new URL(registry.url).host, name];
	return 'unseen' in text ? text : {risks: probeRisks(text.text, where, instances, Date.now() / 1000)};
}

/** What cannot be asked is not clean; the rest is still worth knowing. */
async function orUnseen<T extends object>(what: string, look: () => Promise<T>): Promise<T | {unseen: Unseen[]}> {
	try {
		return await look();
	} catch (error) {
		if (error instanceof OperatorError) {
			return {unseen: [{what, why: `${error.message} ${error.hint}`}]};
		}

		throw error;
	}
}
