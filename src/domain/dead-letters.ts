/** Work that failed and is not tried any more until an operator decides. */
export interface DeadLetters<Item> {
  /** The oldest first. */
  list(limit: number): Promise<readonly Item[]>;
  /** Makes one item, or all of them for null, due now with no attempt counted. @returns how many. */
  requeue(id: string | null): Promise<number>;
  /** Deletes an item. @returns false when no dead letter has this id. */
  drop(id: string): Promise<boolean>;
}
