namespace Akka.Util;

/// <summary>A value made at first use, once, whoever asks first. Cheaper than <see cref="Lazy{T}"/> once made.</summary>
public sealed class FastLazy<T>
{
    private readonly Lock _gate = new();
    private Func<T>? _producer;
    private T _value = default!;
    private volatile bool _created;

    public FastLazy(Func<T> producer) => _producer = producer ?? throw new ArgumentNullException(nameof(producer));

    public T Value
    {
        get
        {
            if (_created) return _value;
            lock (_gate)
            {
                if (_created) return _value;
                _value = _producer!();
                _producer = null;
                _created = true;
                return _value;
            }
        }
    }

    public bool IsValueCreated() => _created;
}
