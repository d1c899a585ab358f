namespace Mooring.StorageNode;

/// <summary>The node cannot start; the message is one line for the operator.</summary>
internal sealed class NodeStartException(string message, Exception? inner = null) : Exception(message, inner);
