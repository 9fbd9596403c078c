/** A task cannot be launched, for a reason that its owner can understand. */
export class LaunchFailedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LaunchFailedError';
  }
}
