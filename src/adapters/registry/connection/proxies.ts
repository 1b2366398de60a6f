import {BlockList, isIP} from 'node:net';
import {defined} from '../../../domain/defined.ts';
import {OperatorError} from '../../../domain/errors.ts';
import {isLoopback} from '../../../domain/image/reference.ts';

/** What the environment says about proxies. */
export type Proxies = {
	/** For http:// */
	http?: URL;
	/** For https:// */
	https?: URL;
	/** As in NO_PROXY: hosts that are reached without a proxy. */
	except?: string;
};

const schemes = /^(?:https?|socks5?):$/;

/**
 * The proxies of the environment, read as curl does: a lower-case variable wins over an upper-case one.
 * @throws OperatorError registry.proxy-unreadable, which does not repeat the value: it may hold a password
 */
export function proxiesIn(environment: Record<string, string | undefined>): Proxies {
	const variable = (name: string): [string, string] | undefined => {
		const found = [name, name.toUpperCase()].find(each => (environment[each] ?? '').trim() !== '');
		return found === undefined ? undefined : [found, environment[found]!.trim()];
	};
	const all = variable('all_proxy');
	const [http, https, except] = [variable('http_proxy') ?? all, variable('https_proxy') ?? all, variable('no_proxy')];
	return defined({http: http && parseProxy(...http), https: https && parseProxy(...https), except: except?.[1]});
}

/** Undefined: this URL is reached without a proxy. Loopback always is. */
export function proxyFor(url: URL, {http, https, except = ''}: Proxies): URL | undefined {
	const proxy = url.protocol === 'https:' ? https : http;
	return proxy === undefined || isLoopback(url.host) || isExcepted(url, except) ? undefined : proxy;
}

function parseProxy(variable: string, text: string): URL {
	const address = /^[a-z0-9]+:\/\//i.test(text) ? text : `http://${text}`;
	const url = URL.canParse(address) ? new URL(address) : undefined;

	if (url === undefined || url.hostname === '' || !schemes.test(url.protocol) || !isDecodable(url)) {
		throw new OperatorError('registry.proxy-unreadable', `${variable} does not hold the address of a proxy.`, {
			hint: 'Write it as http://HOST:PORT, or unset it; NO_PROXY lists hosts that are reached without a proxy.',
			exit: 'configuration',
		});
	}

	return url;
}

/** A percent sign in a password must be written as %25. */
function isDecodable({username, password}: URL): boolean {
	return isText(username) && isText(password);
}

function isText(encoded: string): boolean {
	try {
		decodeURIComponent(encoded);
		return true;
	} catch {
		return false;
	}
}

/** Entries are `*`, names with their subdomains, addresses, or ranges of addresses; all but ranges may have a port. */
function isExcepted(url: URL, except: string): boolean {
	const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
	const port = url.port || (url.protocol === 'https:' ? '443' : '80');

	return except
		.toLowerCase()
		.split(/[\s,]+/)
		.filter(entry => entry !== '')
		.some(entry => {
			if (entry === '*') {
				return true;
			}

			if (entry.includes('/')) {
				return isInRange(host, entry);
			}

			const [, name, only] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry)!;
			const bare = name!.replace(/^\*?\./, '').replace(/^\[|\]$/g, '');
			return (
				(only === undefined || only === port) && (host === bare || (isIP(host) === 0 && host.endsWith(`.${bare}`)))
			);
		});
}

function isInRange(host: string, range: string): boolean {
	const [network, bits] = range.split('/');
	const family = isIP(network!);

	if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits!) || Number(bits) > (family === 4 ? 32 : 128)) {
		return false;
	}

	const list = new BlockList();
	const kind = family === 4 ? 'ipv4' : 'ipv6';
	list.addSubnet(network!, Number(bits), kind);
	return list.check(host, kind);
}
