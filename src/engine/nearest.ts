/** When something happened; `seq` tells apart what happened at the same time. */
export interface Moment {
  /** ISO 8601, UTC. */
  time: string
  seq: number
}

interface Reach {
  since: Date
  until: Date
  order: 'newest_first' | 'oldest_first'
  limit: number
  behind?: Moment
}

/** Keeps the first `limit` of any number of moments, in the order asked for, and holds not many more than these. */
export function nearest<Item extends Moment>({ since, until, order, limit, behind }: Reach) {
  const sign = order === 'newest_first' ? -1 : 1
  const compare = (one: Moment, other: Moment) =>
    sign * (Date.parse(one.time) - Date.parse(other.time) || one.seq - other.seq)
  let kept: Item[] = []
  let dropped = 0
  const tidy = () => {
    kept.sort(compare)
    dropped += Math.max(0, kept.length - limit)
    kept = kept.slice(0, limit)
  }
  return {
    isInReach(moment: Moment): boolean {
      const time = Date.parse(moment.time)
      // No time at all is in no span, either.
      if (!(time >= since.getTime() && time <= until.getTime())) return false
      return behind === undefined || compare(moment, behind) > 0
    },
    add(item: Item): void {
      kept.push(item)
      if (kept.length >= 2 * limit + 100) tidy()
    },
    /** Whether there is enough, now that whatever comes still is no nearer than this. */
    isEnough(next: Moment): boolean {
      tidy()
      const last = kept[limit - 1]
      return dropped > 0 && last !== undefined && compare(last, next) < 0
    },
    taken(): { items: Item[]; more: boolean } {
      tidy()
      return { items: kept, more: dropped > 0 }
    },
  }
}
