import {sayRateLimit} from '../domain/rate-limit.ts';
import {visibleLine} from '../domain/text/visible.ts';
import type {Registry} from '../engine/ports/registry.ts';
import type {Invocation} from '../invocation.ts';

/** With --verbose: how each registry was logged in, and which token service issued tokens. What it says of its limit always. */
export function saySessions(registries: readonly Registry[], {talk, flags}: Invocation): void {
	for (const registry of registries) {
		const [login, limit] = [flags.verbose ? registry.login() : undefined, registry.rateLimit()];
		if (login !== undefined) {
			talk(`${visibleLine(`${registry.host} was asked as ${login}`)}.\n`);
		}

		if (limit !== undefined) {
			talk(`${registry.host} limits its requests: ${sayRateLimit(limit)}.\n`);
		}
	}
}
