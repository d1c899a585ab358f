namespace Mooring.Harness;

/// <summary>What was asked of the harness cannot be done; the message is one line for a person.</summary>
public sealed class HarnessException(string message, Exception? inner = null) : Exception(message, inner);
