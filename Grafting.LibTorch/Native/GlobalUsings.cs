global using static Grafting.LibTorch.NativeMethods;
global using static Grafting.LibTorch.Results;
