const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,]\d+)?(?:Z|[+-](\d{2}):(\d{2}))$/;

/**
 * Whether Go decodes it into a time: an hour of one digit, a comma and a zone of 24:60 pass (golang/go#54580). Compared with Go 1.26.
 */
export function isGoTime(text: string): boolean {
	const [, year, month, day, hour, minute, second, zoneHour = 0, zoneMinute = 0] =
		rfc3339.exec(text)?.map(Number) ?? [];
	return (
		year !== undefined &&
		month! >= 1 &&
		month! <= 12 &&
		day! >= 1 &&
		day! <= daysIn(year, month!) &&
		hour! <= 23 &&
		minute! <= 59 &&
		second! <= 59 &&
		(Number.isNaN(zoneHour) || zoneHour <= 24) &&
		(Number.isNaN(zoneMinute) || zoneMinute <= 60)
	);
}

function daysIn(year: number, month: number): number {
	return new Date(Date.UTC(2000, month, 0)).getUTCDate() - (month === 2 && !isLeap(year) ? 1 : 0);
}

function isLeap(year: number): boolean {
	return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
