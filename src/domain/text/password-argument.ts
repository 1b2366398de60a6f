/**
 * Whether an argument holds a login with a password, or a token before an HTTP host: the process list, the shell's history and
 * every error would show it. A digest after @ is none: `host:5000/app:tag@sha256:…`.
 */
export function holdsPassword(argument: string): boolean {
	return (
		/(?:^|[\s=,'"])[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:[^\s]*@/i.test(argument) ||
		/(?:^|[\s=,'"])https?:\/\/[^\s/@]+@/i.test(argument) ||
		/^(?:--?[a-z-]+=)?[^\s/@:=]+:[^\s/@]+@(?!sha\d+:)[^\s@]+$/i.test(argument)
	);
}
