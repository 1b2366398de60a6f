import {asOperatorError} from '../../domain/errors.ts';
import type {ImageReference} from '../../domain/image/reference.ts';
import type {Registry} from '../ports/registry.ts';
import type {ActionContext} from './action.ts';

/** A container with a large store or a slow disk takes this long to listen; a crash loop is noticed after it. */
const mostMs = 2 * 60_000;
/** The step ends with an outcome before its own time is over. */
const patience = 0.9;
const pauseMs = 500;
/** A registry that responds and then crashes, or an old process on its way out, does not respond twice. */
const settledMs = 1_000;

type Awaited = {state: 'responds'; milliseconds: number} | {state: 'silent'; milliseconds: number; why: string};

/** The further addresses of the registry that respond now: it is waited for by these as well. */
export async function respondingAddresses(context: ActionContext): Promise<Registry[]> {
	const {addresses = []} = context.ports;
	const asked = await Promise.all(addresses.map(each => silence(each, undefined, context)));
	return addresses.filter((_, at) => asked[at] === undefined);
}

/**
 * Waits until a registry that was restarted responds twice in a row, by each of its addresses.
 * @param image what it is asked for @param addresses those that responded before
 */
export async function awaitRegistry(
	image: ImageReference | undefined,
	addresses: readonly Registry[],
	context: ActionContext,
): Promise<Awaited> {
	const {ports, signal, progress, timeoutMs} = context;
	const {clock} = ports;
	const began = clock.monotonic();
	const most = Math.min(mostMs, timeoutMs * patience);
	const passed = () => clock.monotonic() - began;

	for (let inARow = 0; ; ) {
		progress({label: 'seconds waited until the registry responds', done: Math.floor(passed() / 1_000)});
		const milliseconds = passed();
		const why = await silenceOfAny(image, addresses, context);
		inARow = why === undefined ? inARow + 1 : 0;
		if (inARow === 2) {
			return {state: 'responds', milliseconds: passed()};
		}

		if (milliseconds > most) {
			return {state: 'silent', milliseconds, why: why ?? 'It responds only now and then.'};
		}

		await clock.sleep(inARow > 0 ? settledMs : pauseMs, {signal});
	}
}

async function silenceOfAny(
	image: ImageReference | undefined,
	addresses: readonly Registry[],
	context: ActionContext,
): Promise<string | undefined> {
	const own = await silence(context.ports.registry, image, context);
	const others = own === undefined ? addresses : [];
	const asked = await Promise.all(others.map(each => silence(each, undefined, context)));
	const at = asked.findIndex(why => why !== undefined);
	return own ?? (at === -1 ? undefined : `${others[at]!.host}: ${asked[at]}`);
}

/** Why it does not respond. Undefined: it does; that it refuses or lacks something is a response as well. */
async function silence(
	port: Registry,
	image: ImageReference | undefined,
	{signal}: ActionContext,
): Promise<string | undefined> {
	const registry = port.fresh();
	try {
		const reference = image?.digest ?? image?.tag;
		await (image !== undefined && reference !== undefined
			? registry.manifest(image.repository, reference, {signal})
			: registry.tags('regmedic', {signal}));
		return undefined;
	} catch (error) {
		signal.throwIfAborted();
		const {exit, message} = asOperatorError(error);
		return exit === 'refused' ? undefined : message;
	} finally {
		await registry.close();
	}
}
