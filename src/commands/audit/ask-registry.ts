import type {RegistryAnswers} from '../../domain/audit/answers.ts';
import type {Unseen} from '../../domain/audit/audit.ts';
import {OperatorError} from '../../domain/errors.ts';
import {isLoopback} from '../../domain/image/reference.ts';
import type {Registry} from '../../engine/ports/registry.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import type {Surroundings} from '../../wiring/open-ports.ts';
import {openRegistry} from '../../wiring/open-registry.ts';

export type Asked = {answers: RegistryAnswers; unseen: Unseen[]};

/** Asks a configured registry for its catalogue, as ourselves and as nobody in particular. */
export async function askRegistry(name: string, surroundings: Surroundings, {signal}: Waiting): Promise<Asked> {
	const {configuration} = surroundings;
	const registry = configuration.registries[name]!;
	const {credentials: _, ...anonymous} = registry;
	const url = registry.url.replace(/\/$/, '');
	const {host} = new URL(url);
	const known = await catalogueOf(openRegistry(host, surroundings).registry, signal);
	const open =
		registry.credentials === undefined
			? known
			: await catalogueOf(
					openRegistry(host, {
						...surroundings,
						configuration: {...configuration, registries: {...configuration.registries, [name]: anonymous}},
					}).registry,
					signal,
				);

	return {
		answers: {
			url,
			hasCredentials: registry.credentials !== undefined,
			isLoopback: isLoopback(host),
			...(open instanceof OperatorError && open.exit !== 'refused'
				? {}
				: {answersAnybody: !(open instanceof OperatorError)}),
			...(known instanceof OperatorError ? {} : {listsRepositories: known}),
		},
		unseen:
			known instanceof OperatorError ? [{what: 'the registry’s catalogue', why: `${known.message} ${known.hint}`}] : [],
	};
}

/** Whether it names anything; why it cannot be asked. */
async function catalogueOf(registry: Registry, signal: AbortSignal): Promise<boolean | OperatorError> {
	try {
		for await (const _repository of registry.repositories({signal})) {
			return true;
		}

		return false;
	} catch (error) {
		if (error instanceof OperatorError) {
			return error;
		}

		throw error;
	} finally {
		await registry.close();
	}
}
