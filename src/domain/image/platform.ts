/** `os/architecture[/variant]`, as a person writes it. */
export const platformPattern = /^[\w.-]+\/[\w.-]+(?:\/[\w.-]+)?$/;

/**
 * `os/architecture[/variant]` with the names that containerd compares: arm64/v8 is arm64, amd64/v1 is amd64, arm is arm/v7.
 * @see github.com/containerd/platforms database.go, normalizeOS and normalizeArch
 */
export function normalPlatform(name: string): string {
	const [os = '', architecture = '', variant = ''] = name.toLowerCase().split('/');
	return [os === 'macos' ? 'darwin' : os, ...normalArchitecture(architecture, variant)].filter(Boolean).join('/');
}

function normalArchitecture(architecture: string, variant: string): [string, string] {
	switch (architecture) {
		case 'i386':
			return ['386', ''];
		case 'x86_64':
		case 'x86-64':
		case 'amd64':
			return ['amd64', variant === 'v1' ? '' : variant];
		case 'aarch64':
		case 'arm64':
			return ['arm64', variant === '8' || variant === 'v8' ? '' : variant];
		case 'armhf':
			return ['arm', 'v7'];
		case 'armel':
			return ['arm', 'v6'];
		case 'arm':
			return ['arm', /^[5-8]$/.test(variant) ? `v${variant}` : variant || 'v7'];
		default:
			return [architecture, variant];
	}
}

/** Whether it is the platform, or a variant of one that names none. */
export function coversPlatform(wanted: string, platform: string): boolean {
	const [name, wantedParts] = [normalPlatform(platform), wanted.split('/')];
	const prefix = normalPlatform(wanted).split('/').slice(0, wantedParts.length).join('/');
	return normalPlatform(wanted) === name || (wantedParts.length < 3 && name.startsWith(`${prefix}/`));
}
