namespace Akka.Cluster;

/// <summary>Marks the messages between the cluster daemons of different nodes.</summary>
public interface IClusterMessage;
