namespace Mooring.Messages.Wire;

/// <summary>What came over a data connection is not what the protocol allows; the connection is of no use any more.</summary>
/// <param name="message">One line.</param>
public sealed class WireException(string message) : IOException(message);
