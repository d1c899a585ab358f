using System.Collections.Concurrent;

namespace Akka.Remote;

/// <summary>A failure detector for each of many resources.</summary>
public interface IFailureDetectorRegistry<T>
{
    /// <summary>Whether the resource is up; unknown resources are.</summary>
    bool IsAvailable(T resource);

    /// <summary>Whether there was a heartbeat of the resource.</summary>
    bool IsMonitoring(T resource);

    /// <summary>A heartbeat of the resource arrived.</summary>
    void Heartbeat(T resource);

    /// <summary>Forgets a resource.</summary>
    void Remove(T resource);

    /// <summary>Forgets all resources.</summary>
    void Reset();
}

/// <summary>Makes the detector of a resource at its first heartbeat.</summary>
public class DefaultFailureDetectorRegistry<T> : IFailureDetectorRegistry<T>
    where T : notnull
{
    private readonly Func<FailureDetector> _factory;
    private readonly ConcurrentDictionary<T, FailureDetector> _detectors = new();
    private readonly Lock _creation = new();

    /// <summary>A registry whose detectors come from the factory.</summary>
    public DefaultFailureDetectorRegistry(Func<FailureDetector> factory) => _factory = factory;

    /// <inheritdoc />
    public bool IsAvailable(T resource) => !_detectors.TryGetValue(resource, out var detector) || detector.IsAvailable;

    /// <inheritdoc />
    public bool IsMonitoring(T resource) => _detectors.TryGetValue(resource, out var detector) && detector.IsMonitoring;

    /// <inheritdoc />
    public void Heartbeat(T resource)
    {
        if (!_detectors.TryGetValue(resource, out var detector))
        {
            // One detector a resource, with its first heartbeat, even when two threads come at once.
            lock (_creation)
            {
                if (!_detectors.TryGetValue(resource, out detector))
                {
                    detector = _factory();
                    if (detector is PhiAccrualFailureDetector phi)
                        phi.Address = resource.ToString() ?? "";
                    detector.HeartBeat();
                    _detectors[resource] = detector;
                    return;
                }
            }
        }

        detector.HeartBeat();
    }

    /// <inheritdoc />
    public void Remove(T resource) => _detectors.TryRemove(resource, out _);

    /// <inheritdoc />
    public void Reset() => _detectors.Clear();

    internal FailureDetector? GetFailureDetector(T resource) => _detectors.GetValueOrDefault(resource);
}
